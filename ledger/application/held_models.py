"""What the read models say, where there are any that can be read; damaged ones are warned of."""

from collections.abc import Callable
from typing import TypeVar

from ledger.application.ledger import Ledger
from ledger.application.logs import logger
from ledger.stores.read_models.asking import NotFresh
from ledger.stores.read_models.errors import ReadModelsDamaged
from ledger.stores.read_models.store import ReadModelStore

_Said = TypeVar("_Said")


def of_read_models(ledger: Ledger, ask: Callable[[ReadModelStore], _Said]) -> _Said | NotFresh:
    """Return what `ask` finds in the read models, or why there are none that can be read."""
    try:
        models = ledger.read_models()
        return NotFresh("there are no read models") if models is None else ask(models)
    except ReadModelsDamaged as error:
        # whoever listens is told, who may not be who asked
        logger().warning("read models damaged", reason=str(error), way_out=error.hint)
        return NotFresh("the read models are damaged")
