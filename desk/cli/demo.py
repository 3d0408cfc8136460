"""The command for a first look: the sample programme and its two cutovers, replayed."""

from pathlib import Path
from tempfile import mkdtemp

import typer
from rich.padding import Padding
from rich.text import Text

from desk import words
from desk.cli import lazy
from desk.cli.group import LedgerCommand
from desk.cli.help_page import PROGRAM, examples
from desk.cli.options import LEARN
from desk.cli.replay_page import MAX_WIDTH, show_replay
from desk.cli.screen import out_console
from desk.cli.settings import settings_of

app = typer.Typer()

_STAYS = (
    "It stays there for you to ask it questions, such as those at the end; delete its folder when you are "
    "done."
)


@app.command("demo", cls=LedgerCommand, rich_help_panel=LEARN, epilog=examples("demo"))
def demo(ctx: typer.Context) -> None:
    """Record the sample programme and replay its two cutovers of 2024.

    Without --store the events go to a new file in the system's temporary folder, which stays for you to ask
    and to delete.
    """
    url = settings_of(ctx).store or _new_store()
    console = out_console(MAX_WIDTH)
    with lazy.Ledger.open(url, create=True) as ledger:
        report = lazy.run_demo(ledger)
    recorded = "are recorded there" if report.recorded else "were there already"
    console.print(Text("The sample programme", "bold"))
    console.print(Text(f"  The store is {url}"), soft_wrap=True)
    stays = () if settings_of(ctx).store else (_STAYS,)
    for line in (
        *stays,
        f"{words.count(report.events, 'event')} of a programme that sells a chat service {recorded}.",
        "Every answer below is computed from these events alone. The same events give the same digest, "
        "whenever, wherever and from whichever kind of store it is asked for.",
    ):
        console.print(Padding(Text(line), (0, 0, 0, 2)), soft_wrap=False)
    for replay in report.replays:
        console.print()
        console.rule(style="cyan")
        show_replay(console, replay, limit=0)
    console.print()
    console.rule(style="cyan")
    console.print(Text.assemble(("Digest of the demonstration ", "bold"), (report.digest, "bold green")))
    _show_next(url, report.replays[-1].rows[0]["license_id"], words.instant(report.replays[-1].as_of))


def _new_store() -> str:
    folder = Path(mkdtemp(prefix="license-ledger-demo-"))
    return f"sqlite:///{folder / 'demo.db'}"


def _show_next(url: str, license_id: str, as_of: str) -> None:
    console = out_console(MAX_WIDTH)
    moment = f"{as_of.replace(' ', 'T')}:00Z"
    console.print()
    console.print(Text("Now ask it yourself", "bold"))
    for command in (
        f"export LEDGER_STORE={url}",
        f"{PROGRAM} invoices --license {license_id} --as-of {moment}",
        f"{PROGRAM} notices --as-of 2024-08-01T00:00:00Z",
        f"{PROGRAM} log {license_id}",
    ):
        console.print(Text(f"  $ {command}", "green"), soft_wrap=True)
