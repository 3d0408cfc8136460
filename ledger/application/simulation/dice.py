"""Chance that falls the same way on every machine.

Only `Random.random()` is drawn from: its sequence is promised across Python versions, that of `choice` and
`randrange` is not. Numbers are made of it by multiplying and cutting, which IEEE 754 settles to the bit.
"""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Draw numbers from a sequence that a text fixes."""

    __slots__ = ("roll",)

    def __init__(self, seed: str) -> None:
        self.roll = Random(seed).random

    def chance(self, probability: float) -> bool:
        """Say yes with this probability."""
        return self.roll() < probability

    def below(self, limit: int) -> int:
        """Draw from 0 up to `limit`, which is left out."""
        return int(self.roll() * limit)

    def between(self, low: int, high: int) -> int:
        """Draw from `low` to `high`, both included."""
        return low + int(self.roll() * (high - low + 1))

    def one_of(self, choices: Sequence[T]) -> T:
        """Draw one of the choices; an empty sequence raises IndexError."""
        return choices[int(self.roll() * len(choices))]
