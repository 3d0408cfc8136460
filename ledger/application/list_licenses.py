"""List licences: how each stands, what it is charged now and next, and what is about to change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from string import ascii_lowercase, ascii_uppercase
from typing import Final

import polars as pl

from ledger.application.ask import Question, read_history
from ledger.application.held_models import of_read_models
from ledger.application.ledger import Ledger
from ledger.projections.license_pages import LOOK_AHEAD, LOOK_BACK, license_rows, standing_at
from ledger.projections.license_pages import PAGE_COLUMNS as PAGE_COLUMNS
from ledger.projections.read_models import SCHEMAS, read_models, schema_version
from ledger.rules.instants import MICROSECOND, from_us, to_us
from ledger.stores.log_row import LastRecorded
from ledger.stores.read_models.asking import NotFresh
from ledger.stores.read_models.paging import HeldPage, Sought, read_page

SOON = timedelta(days=45)
MOST = 200
# A log of so many events is answered from at once; a longer one takes long enough that rows which are some
# seconds behind serve better.
SHORT_LOG = 50_000


@dataclass(frozen=True)
class LicenseFilter:
    """Which licences: None is any. `text` is part of a licence's or its partner's id, a to z in any case."""

    text: str | None = None
    partner_id: str | None = None
    pricing_model: str | None = None
    status: str | None = None
    changing_soon: bool = False


@dataclass(frozen=True)
class ListedLicense:
    """A licence in a list. Amounts are minor units of `currency`; what is not known is None."""

    license_id: str
    status: str
    plan: str
    billing_cycle: str
    pricing_model: str
    currency: str
    source: str
    payer: str
    partner_id: str | None
    partner_programme: str | None
    next_pricing_model: str | None
    changes_at: datetime | None
    charge_date: date | None
    charge: int | None
    next_charge_date: date | None
    next_charge: int | None


@dataclass(frozen=True)
class LicensePage:
    """Some licences by id; `next_after` is where the next page begins, None at the end.

    `known_through` is the instant of the last event that all rows know, None for an empty log; `is_behind`
    tells that the log has more.
    """

    licenses: tuple[ListedLicense, ...]
    next_after: str | None
    known_through: datetime | None
    is_behind: bool


NOTHING: Final = LicenseFilter()


def list_licenses(
    ledger: Ledger,
    *,
    as_of: datetime,
    only: LicenseFilter = NOTHING,
    after: str | None = None,
    at_most: int = 50,
) -> LicensePage:
    """Return up to `at_most` licences by id, behind `after`, as they stand by all that is known.

    Read from the read models; from the log where there are none, or where they are behind and the log is
    short. Never more than MOST at once.
    """
    at_most = max(1, min(at_most, MOST))
    as_of_us = to_us(as_of)
    sought = Sought(
        as_of_us=as_of_us,
        at_most=at_most + 1,
        after=after,
        text=only.text or None,
        partner_id=only.partner_id,
        pricing_model=only.pricing_model,
        status=only.status,
        changes_by_us=to_us(as_of + SOON) if only.changing_soon else None,
    )
    last = ledger.store.last_recorded()
    if last is None:
        return LicensePage((), None, None, is_behind=False)
    found = _held_page(ledger, sought, last) or _page_of_log(ledger, sought, last)
    rows = license_rows(found.steps, found.invoices, as_of)
    listed = tuple(ListedLicense(**row) for row in rows.head(at_most).iter_rows(named=True))
    more = rows.height > at_most
    return LicensePage(
        listed,
        listed[-1].license_id if more else None,
        from_us(found.known.recorded_us),
        is_behind=found.known.position < last.position,
    )


def all_licenses(
    ledger: Ledger, *, as_of: datetime, only: LicenseFilter = NOTHING
) -> Iterator[ListedLicense]:
    """Yield every licence of a list, read page by page."""
    page = list_licenses(ledger, as_of=as_of, only=only, at_most=MOST)
    yield from page.licenses
    while page.next_after is not None:
        page = list_licenses(ledger, as_of=as_of, only=only, at_most=MOST, after=page.next_after)
        yield from page.licenses


def _held_page(ledger: Ledger, sought: Sought, last: LastRecorded) -> HeldPage | None:
    since_us = sought.as_of_us - LOOK_BACK // MICROSECOND
    page = of_read_models(
        ledger,
        lambda models: read_page(
            models, SCHEMAS, sought, schema_version=schema_version(), invoices_since_us=since_us
        ),
    )
    if isinstance(page, NotFresh):
        return None
    return page if page.known == last or last.position > SHORT_LOG else None


def _page_of_log(ledger: Ledger, sought: Sought, last: LastRecorded) -> HeldPage:
    """Return the same rows computed from the whole log."""
    as_of = from_us(sought.as_of_us)
    read = read_history(ledger, Question(as_of, from_us(last.recorded_us)))
    frames = read_models(read.history, to_us(as_of + LOOK_AHEAD), read.names).frames()
    steps = standing_at(frames["license_step"], pl.lit(as_of)).filter(_condition(sought)).head(sought.at_most)
    invoices = frames["invoice"].join(steps.select("license_id"), on="license_id", how="semi")
    recent = invoices.filter(pl.col("billing_at") > pl.lit(as_of - LOOK_BACK))
    return HeldPage(steps, recent, last)


def _condition(sought: Sought) -> pl.Expr:
    found = pl.lit(value=True)
    if sought.after is not None:
        found &= pl.col("license_id") > sought.after
    if sought.text is not None:
        text = _in_small_letters(pl.lit(sought.text))
        found &= pl.any_horizontal(
            _in_small_letters(pl.col(name)).str.contains(text, literal=True).fill_null(value=False)
            for name in ("license_id", "partner_id")
        )
    for name in ("partner_id", "pricing_model", "status"):
        wanted = getattr(sought, name)
        if wanted is not None:
            found &= (pl.col(name) == wanted).fill_null(value=False)
    if sought.changes_by_us is not None:
        by = pl.lit(from_us(sought.changes_by_us))
        found &= pl.col("next_pricing_model").is_not_null() & (pl.col("valid_to") <= by)
    return found


def _in_small_letters(text: pl.Expr) -> pl.Expr:
    """Make letters of ASCII small and no others, as the databases compare them."""
    return text.str.replace_many(list(ascii_uppercase), list(ascii_lowercase))
