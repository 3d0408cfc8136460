"""What the read models say, where there are any; damaged ones are warned of and count as none."""

from collections.abc import Callable
from typing import TypeVar

from ledger.application.ledger import Ledger
from ledger.application.logs import logger
from ledger.stores.read_models.errors import ReadModelsDamaged
from ledger.stores.read_models.store import ReadModelStore

_Said = TypeVar("_Said")


def of_read_models(ledger: Ledger, ask: Callable[[ReadModelStore], _Said | None]) -> _Said | None:
    """Return what `ask` finds in the read models; None if there are none, or none that can be read."""
    try:
        models = ledger.read_models()
        return None if models is None else ask(models)
    except ReadModelsDamaged as error:
        warn_of(error)
        return None


def warn_of(error: ReadModelsDamaged) -> None:
    """Tell whoever listens, who may not be who asked."""
    logger().warning("read models damaged", reason=str(error), way_out=error.hint)
