"""What the ledger says about its own work: structured, to stderr, and nothing unless somebody listens.

It speaks through Python's own logging under the name `ledger`, so that a program which uses the ledger as a
library decides what becomes of it.
"""

import logging
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    import structlog

LEVEL_VARIABLE = "LEDGER_LOG"
FORMAT_VARIABLE = "LEDGER_LOG_FORMAT"
DEFAULT_LEVEL = "WARNING"


def _shared() -> "list[structlog.typing.Processor]":
    import structlog  # noqa: PLC0415 - it brings rich: a tenth of a second that a worker with nothing to say saves

    return [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]


def logger() -> "structlog.stdlib.BoundLogger":
    """Return a logger to bind licence, position and request id to."""
    import structlog  # noqa: PLC0415 - as above

    return cast(
        "structlog.stdlib.BoundLogger",
        structlog.wrap_logger(
            logging.getLogger("ledger"),
            processors=[
                structlog.stdlib.filter_by_level,
                *_shared(),
                structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
            ],
            wrapper_class=structlog.stdlib.BoundLogger,
        ),
    )


def configure_logs(level: str | None = None, *, default: str | None = None) -> None:
    """Send the log to stderr, one line of keys and values an event, or of JSON if LEDGER_LOG_FORMAT is json.

    `level` is a name such as "info"; without one LEDGER_LOG says it, and without that `default`; without
    any of them only warnings appear.
    Raises ValueError for a name that is none.
    """
    as_json = os.environ.get(FORMAT_VARIABLE, "").lower() == "json"
    import structlog  # noqa: PLC0415 - as above

    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False)
            if as_json
            else structlog.processors.LogfmtRenderer(
                key_order=["timestamp", "level", "event"], bool_as_flag=False
            ),
        ],
    )
    handler = _ToStderr()
    handler.setFormatter(formatter)
    ours = logging.getLogger("ledger")
    ours.handlers = [handler]
    ours.propagate = False
    ours.setLevel((level or os.environ.get(LEVEL_VARIABLE) or default or DEFAULT_LEVEL).upper())


class _ToStderr(logging.StreamHandler[TextIO]):
    """Write to what stderr is at the moment, which a program may have changed since."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        """Return stderr."""
        return sys.stderr

    @stream.setter
    def stream(self, stream: Any) -> None:
        raise AttributeError("the log goes to stderr")
