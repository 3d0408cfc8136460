"""The read models: every answer that a licence can be asked for, as rows that a database can keep.

The rows depend on what is known, not on a question's as_of: that is a filter over their instants.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields

import polars as pl

from ledger.projections.history import History
from ledger.projections.invoices import INVOICE_COLUMNS, LINE_COLUMNS, Invoices, invoices_and_gaps
from ledger.projections.license_steps import license_steps
from ledger.projections.notices import notices_at, undecided_notices
from ledger.projections.rates import plain_rates, scaled_rates
from ledger.projections.seat_steps import seat_steps
from ledger.projections.seats import SEAT_COLUMNS, clashing_seats
from ledger.rules.words import Payer

# Raise it whenever the same events give other rows: what was built before is then seen to be stale. A test
# holds the rows of the sample programme against it.
CODE_VERSION = 2

MISSING_PRICE, SEAT_CLASH = "missing_price", "seat_clash"

_TEXT, _COUNT, _DATE, _INSTANT = pl.String(), pl.Int64(), pl.Date(), pl.Datetime("us", "UTC")

SCHEMAS: Mapping[str, pl.Schema] = {
    "seat_step": pl.Schema(
        {
            "license_id": _TEXT,
            "valid_from": _INSTANT,
            "valid_to": _INSTANT,
            **dict.fromkeys(SEAT_COLUMNS[1:], _COUNT),
        }
    ),
    "invoice": pl.Schema(
        {
            "license_id": _TEXT,
            "billing_date": _DATE,
            "billing_at": _INSTANT,
            "period_start": _DATE,
            "period_end": _DATE,
            "pricing_model": _TEXT,
            "currency": _TEXT,
            "plan": _TEXT,
            "billing_cycle": _TEXT,
            "total": _COUNT,
            "number": _TEXT,
            "payer": _TEXT,
            "partner_id": _TEXT,
        }
    ),
    "invoice_line": pl.Schema(
        {
            "license_id": _TEXT,
            "billing_date": _DATE,
            "billing_at": _INSTANT,
            "line": _COUNT,
            "kind": _TEXT,
            "pricing_model": _TEXT,
            "date": _DATE,
            "quantity": _COUNT,
            "unit_amount": _COUNT,
            "remaining_days": _COUNT,
            "period_days": _COUNT,
            "period_start": _DATE,
            "period_end": _DATE,
            "rate": _TEXT,
            "amount": _COUNT,
        }
    ),
    "notice": pl.Schema(
        {
            "license_id": _TEXT,
            "cutover_id": _TEXT,
            "channel": _TEXT,
            "charge_date": _DATE,
            "due_at": _INSTANT,
            "charge_at": _INSTANT,
            "is_sent": pl.Boolean(),
            "late": pl.Boolean(),
            "pricing_model_before": _TEXT,
            "pricing_model_after": _TEXT,
        }
    ),
    "fault": pl.Schema(
        {
            "code": _TEXT,
            "license_id": _TEXT,
            "known_from": _INSTANT,
            "known_until": _INSTANT,
            "plan": _TEXT,
            "billing_cycle": _TEXT,
            "currency": _TEXT,
            "date": _DATE,
            "agent_id": _TEXT,
            "effective_at": _INSTANT,
            "position": _COUNT,
        }
    ),
    "license_step": pl.Schema(
        {
            "license_id": _TEXT,
            "valid_from": _INSTANT,
            "valid_to": _INSTANT,
            "status": _TEXT,
            "plan": _TEXT,
            "billing_cycle": _TEXT,
            "pricing_model": _TEXT,
            "currency": _TEXT,
            "source": _TEXT,
            "payer": _TEXT,
            "partner_id": _TEXT,
            "partner_programme": _TEXT,
            "next_pricing_model": _TEXT,
        }
    ),
}


@dataclass(frozen=True)
class ReadModels:
    """The frames of SCHEMAS, each in the order of its licences.

    `seat_step`: `seat_steps`. `invoice`, `invoice_line`: `Invoices`, with the instant of the billing date,
    who pays, and the lines' numbers from 1; rates as decimal text. `notice`: `undecided_notices`. `fault`:
    missing prices and seat events without effect, with the half-open span of as_of that meets each.
    `license_step`: `license_steps`.
    """

    seat_step: pl.DataFrame
    invoice: pl.DataFrame
    invoice_line: pl.DataFrame
    notice: pl.DataFrame
    fault: pl.DataFrame
    license_step: pl.DataFrame

    def frames(self) -> dict[str, pl.DataFrame]:
        """Return the frames by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def schema_version() -> str:
    """Return what tells rows made by this code from others: its version and a digest of the schemas."""
    columns = (
        f"{name}.{column} {dtype}\n" for name, schema in SCHEMAS.items() for column, dtype in schema.items()
    )
    return f"{CODE_VERSION}-{hashlib.sha256(''.join(columns).encode()).hexdigest()[:12]}"


def read_models(history: History, through_us: int, names: pl.DataFrame) -> ReadModels:
    """Return the read models of the licences, with the invoices of billing dates up to `through_us`.

    `names` says the subject of log rows by position (columns position, subject; more rows do no harm). Empty
    in, empty out. Questions about instants after `through_us` have no answer here.
    """
    billed, gaps = invoices_and_gaps(history, through_us)
    frames = {
        "seat_step": _in_utc(seat_steps(history)),
        "invoice": _invoices(history, billed.invoices),
        "invoice_line": _lines(billed.lines),
        "notice": _in_utc(undecided_notices(history)),
        "fault": pl.concat([_missing_prices(gaps), _seat_clashes(history, names)]),
        "license_step": _in_utc(license_steps(history)),
    }
    return ReadModels(**{name: _shaped(name, frame) for name, frame in frames.items()})


def seats_in(seat_step: pl.DataFrame, as_of_us: int) -> pl.DataFrame:
    """Return what `seats` returns, from rows of seat_step that hold those in force at the instant."""
    steps = _in_us(seat_step)
    in_force = (pl.col("valid_from_us") <= as_of_us) & (pl.col("valid_to_us") > as_of_us).fill_null(
        value=True
    )
    return steps.filter(in_force).sort("license_id").select(SEAT_COLUMNS)


def invoices_in(
    invoice: pl.DataFrame, invoice_line: pl.DataFrame, fault: pl.DataFrame, as_of_us: int
) -> Invoices:
    """Return what `invoices` returns, from rows that hold those of billing dates up to the instant."""
    has_come = pl.col("billing_us") <= as_of_us
    lines = _in_us(invoice_line).with_columns(rate=scaled_rates(invoice_line["rate"]))
    by_line = ["license_id", "billing_date", "line"]
    return Invoices(
        invoices=_in_us(invoice).filter(has_come).sort("license_id", "billing_date").select(INVOICE_COLUMNS),
        lines=lines.filter(has_come).sort(by_line).select(LINE_COLUMNS),
        unpriced=faults_in(fault, MISSING_PRICE, as_of_us)
        .sort("license_id", "date")
        .select("license_id", "plan", "billing_cycle", "currency", "date"),
    )


def notices_in(notice: pl.DataFrame, as_of_us: int) -> pl.DataFrame:
    """Return what `notices` returns, from rows of notice."""
    return notices_at(_in_us(notice).sort("license_id", "charge_date", "cutover_id", "channel"), as_of_us)


def clashing_seats_in(fault: pl.DataFrame, as_of_us: int) -> pl.DataFrame:
    """Return license_id, subject, effective_us and position of the clashing seats by position."""
    found = faults_in(fault, SEAT_CLASH, as_of_us).sort("position")
    return found.select("license_id", "effective_us", "position", subject="agent_id")


def faults_in(fault: pl.DataFrame, code: str, as_of_us: int) -> pl.DataFrame:
    """Return the faults of a kind that a question about the instant meets."""
    begun = pl.col("known_from_us") <= as_of_us
    lasts = (pl.col("known_until_us") > as_of_us).fill_null(value=True)
    return _in_us(fault).filter((pl.col("code") == code) & begun & lasts)


def _invoices(history: History, invoices: pl.DataFrame) -> pl.DataFrame:
    payer = pl.when("partner_pays").then(pl.lit(Payer.PARTNER.value)).otherwise(pl.lit(Payer.CLIENT.value))
    paid = history.licenses.select("license_id", "partner_id", payer=payer)
    return _in_utc(invoices.join(paid, on="license_id", how="left", maintain_order="left"))


def _lines(lines: pl.DataFrame) -> pl.DataFrame:
    row = pl.int_range(pl.len(), dtype=pl.Int64)
    begins = pl.any_horizontal(
        pl.col(name) != pl.col(name).shift() for name in ("license_id", "billing_date")
    )
    first = pl.when(begins.fill_null(value=True)).then(row).forward_fill()
    return _in_utc(lines.with_columns(line=row - first + 1, rate=plain_rates(lines["rate"])))


def _missing_prices(gaps: pl.DataFrame) -> pl.DataFrame:
    return _shaped("fault", _in_utc(gaps.with_columns(code=pl.lit(MISSING_PRICE))))


def _seat_clashes(history: History, names: pl.DataFrame) -> pl.DataFrame:
    clashing = clashing_seats(history)
    # few clash, if any, so the names are looked through for them and not put into a table
    found = names.select("position", "subject").filter(
        pl.col("position").is_in(clashing["position"].implode())
    )
    named = clashing.join(found, on="position", how="left", maintain_order="left")
    rows = named.with_columns(
        code=pl.lit(SEAT_CLASH), known_from_us="effective_us", agent_id=pl.col("subject").cast(pl.String)
    )
    return _shaped("fault", _in_utc(rows))


# Columns of instants: the kernel's name, in µs since 1970 UTC, and the read models' name.
_INSTANTS = {
    "valid_from_us": "valid_from",
    "valid_to_us": "valid_to",
    "billing_us": "billing_at",
    "due_at_us": "due_at",
    "charge_at_us": "charge_at",
    "known_from_us": "known_from",
    "known_until_us": "known_until",
    "effective_us": "effective_at",
}


def _in_utc(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col(us).cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias(name)
        for us, name in _INSTANTS.items()
        if us in frame.columns
    )


def _in_us(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.col(name).dt.epoch("us").alias(us) for us, name in _INSTANTS.items() if name in frame.columns
    )


def _shaped(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of a read model; those that the frame has not are null."""
    return frame.select(
        (pl.col(column) if column in frame.columns else pl.lit(None, dtype)).cast(dtype).alias(column)
        for column, dtype in SCHEMAS[name].items()
    )
