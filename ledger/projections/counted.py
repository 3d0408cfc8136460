"""What was counted for an invoice, and when it was at its highest: the facts behind a line's quantity."""

import polars as pl

from ledger.projections.history import History
from ledger.projections.seat_steps import seat_steps
from ledger.projections.seats import SEAT_COLUMNS

FIGURES = SEAT_COLUMNS[1:]


def counted(history: History, spans: pl.DataFrame) -> pl.DataFrame:
    """Return what was counted over spans of time, both ends included.

    `spans` has license_id, from_us and to_us. Columns: those, FIGURES as they stood at to_us, peak_pps (the
    highest count of seats within), peak_us (the first instant of it), peak_chatbots; in the order of
    `spans`. A span before its licence was created is left out.
    """
    within = (
        seat_steps(history)
        .join(spans.with_row_index("span"), on="license_id")
        .filter(
            (pl.col("valid_from_us") <= pl.col("to_us"))
            & (pl.col("valid_to_us") > pl.col("from_us")).fill_null(value=True)
        )
        .sort("span", "valid_from_us")
    )
    highest = pl.col("pps").arg_max()
    return within.group_by("span", maintain_order=True).agg(
        pl.col("license_id", "from_us", "to_us").first(),
        pl.col(FIGURES).last(),
        peak_pps=pl.col("pps").max(),
        peak_us=pl.max_horizontal("valid_from_us", "from_us").get(highest),
        peak_chatbots=pl.col("chatbots").get(highest),
    ).drop("span")  # fmt: skip
