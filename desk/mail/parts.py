"""What letters are made of, so that every shape shows the same parts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One of the numbers that a person looks for first."""

    label: str
    value: str


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs, and with points if it lists what can be done."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


@dataclass(frozen=True)
class AccountRow:
    """An account: who, how it stands, when it last held a seat, whether it is charged from then on."""

    name: str
    state: str
    last_seat: str
    charged: str
