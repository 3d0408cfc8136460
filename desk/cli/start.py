"""Where the program starts: quiet from the first moment, also while the rest is being imported."""

import os
import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line; ends with one of the promised exit codes."""
    _open_stderr()
    try:
        from desk.cli.main import main as run  # noqa: PLC0415 - an interrupt may come while it is imported

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _open_stderr() -> None:
    """Give a program that was started without stderr one that goes nowhere, before a file gets its number."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - it stays until the program ends


if __name__ == "__main__":
    main()
