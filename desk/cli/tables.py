"""The one look of tables: a rule under the heading, nothing else that is not data, and nothing cut short."""

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

# what a column of names or sentences needs so that it can be read
_LEAST_FOLDED = 16
_GAP = 2


def new_table() -> Table:
    """Return an empty table; headings may take two lines.

    Columns with overflow "fold" break where they must, others are never made narrower: where they do not fit,
    each row becomes a block of its own, with the headings beside the cells.
    """
    return _Shaped(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold cyan"
    )


class _Shaped(Table):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, or its rows as blocks."""
        if self._needed(console, options) <= options.max_width:
            yield from super().__rich_console__(console, options)
            return
        for place in range(self.row_count):
            yield from self._block(place, options.max_width)

    def _needed(self, console: Console, options: ConsoleOptions) -> int:
        needed = _GAP * (len(self.columns) - 1)
        unlimited = options.update_width(10_000)
        for column in self.columns:
            cells = [_text(column.header), *column.cells]
            width = max(Measurement.get(console, unlimited, cell).maximum for cell in cells)
            needed += min(width, _LEAST_FOLDED) if column.overflow == "fold" else width
        return needed

    def _block(self, place: int, width: int) -> RenderResult:
        first, *others = ([*column.cells][place] for column in self.columns)
        yield first
        rows = Table.grid(padding=(0, _GAP, 0, 0))
        rows.add_column(style="dim", overflow="fold", max_width=width // 3)
        rows.add_column(overflow="fold")
        for column, cell in zip(self.columns[1:], others, strict=True):
            rows.add_row(" ".join(str(column.header).split()), cell)
        yield Padding(rows, (0, 0, 0, _GAP))
        yield Text()


def _text(cell: RenderableType) -> RenderableType:
    return Text(cell) if isinstance(cell, str) else cell
