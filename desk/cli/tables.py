"""The one look of tables: a rule under the heading, nothing else that is not data."""

from rich import box
from rich.table import Table


def new_table() -> Table:
    """Return an empty table; headings may take two lines, cells break where they must."""
    return Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold cyan"
    )
