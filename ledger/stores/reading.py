"""The log in columns, for projections: a licence's part, the programme's, or all of it page by page."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

import polars as pl

from ledger.stores.ranges import license_streams, programme_streams
from ledger.stores.reading_ahead import in_order
from ledger.stores.store import ExportPage, Store

# As many as a processor's cache holds the texts of.
ROWS_A_PAGE = 60_000
# A page of lines is bytes to write to a file: small ones keep the memory low.
LINES_A_PAGE = 10_000
Prepared = TypeVar("Prepared")


def read_license(store: Store, license_ids: Sequence[str], known_us: int | None) -> pl.DataFrame:
    """Return all that was recorded about the licences by an instant (None: by now), by position.

    Columns as LOG_SCHEMA; license_id and subject are null where there is none, topic and state for seat
    facts. Unknown licences have no rows.
    """
    return store.read_streams(license_streams(license_ids), known_us)


def read_programme(
    store: Store, known_us: int | None, partner_ids: Sequence[str] | None = None
) -> pl.DataFrame:
    """Return prices, cutovers and partners (all, or those that are named) recorded by an instant."""
    return store.read_streams(programme_streams(partner_ids), known_us)


def read_question(
    store: Store, license_ids: Sequence[str], known_us: int | None, partner_ids: Sequence[str] | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return (licences' rows, programme's rows) as of one moment: nobody writes between the two."""
    both = store.read_streams(license_streams(license_ids) + programme_streams(partner_ids), known_us)
    of_license = both["license_id"].is_not_null()
    return both.filter(of_license), both.filter(~of_license)


def read_log_pages(
    store: Store, after_position: int = 0, until_recorded_us: int | None = None, page_size: int = ROWS_A_PAGE
) -> Iterator[pl.DataFrame]:
    """Yield the log as it is now, behind a position and recorded by an instant, in pages by position.

    A page has at least one row and at most `page_size`; fewer where positions have gaps. Up to three pages
    are in memory at a time.
    """
    pages = prepared_pages(store, lambda page: page, after_position, until_recorded_us, page_size)
    return (page for page in pages if page.height)


def prepared_pages(
    store: Store,
    prepare: Callable[[pl.DataFrame], Prepared],
    after_position: int = 0,
    until_recorded_us: int | None = None,
    page_size: int = ROWS_A_PAGE,
) -> Iterator[Prepared]:
    """Yield what `prepare` makes of each page of `read_log_pages`, made while others are being read.

    A page without rows, where positions have a wide gap, is prepared as well.
    """
    spans = _spans(after_position, _last_position(store, until_recorded_us), page_size)
    return in_order(lambda after, until: prepare(store.read_page(after, until)), spans)


def export_pages(store: Store, page_size: int = LINES_A_PAGE) -> Iterator[ExportPage]:
    """Yield the log as it is now as history lines, in order, at most `page_size` lines at a time."""
    for after, until in _spans(0, _last_position(store, None), page_size):
        page = store.export_page(after, until)
        if page.row_count:
            yield page


def _last_position(store: Store, until_recorded_us: int | None) -> int:
    if until_recorded_us is not None:
        return store.last_position_recorded_by(until_recorded_us) or 0
    last = store.last_recorded()
    return 0 if last is None else last.position


def _spans(after: int, last: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield (after, until) spans of positions; a position is one row at most, so each is a page at most."""
    return pairwise([*range(after, last, size), last]) if last > after else iter(())
