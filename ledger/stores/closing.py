"""What is open until it is closed, and closes itself at the end of a with statement."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Closing(ABC):
    """Something to close; in a with statement it is given as itself and closed whatever happens."""

    @abstractmethod
    def close(self) -> None:
        """Give back what it holds; it cannot be used afterwards."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self.close()
