"""An explanation in words: what text, HTML and JSON all show, each in its own shape."""

from dataclasses import dataclass

from replay.explain.explanation import Evidence


@dataclass(frozen=True)
class Item:
    """Something that an amount rests on: what it is, what there is to say of it, the events behind it."""

    what: str
    why: str
    events: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Group:
    """Items under a title, those that need not be read one by one only counted in `rest`."""

    title: str
    items: tuple[Item, ...]
    rest: str = ""


@dataclass(frozen=True)
class ToldLine:
    """A line of the invoice: its formula with the result, what it rests on and where its rule stands."""

    formula: str
    about: tuple[Item, ...]
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True)
class ToldStep:
    """A step of the bridge: the factor's name, what it became, what that changes."""

    factor: str
    says: str
    amount: str
    events: tuple[Evidence, ...]


@dataclass(frozen=True)
class Told:
    """The whole explanation in words. `before` and `difference` are empty for a licence's first invoice."""

    title: str
    day: str
    answer: str
    lines: tuple[ToldLine, ...]
    total: str
    before: str
    before_total: str
    steps: tuple[ToldStep, ...]
    difference: str
    unchanged: tuple[str, ...]
    remarks: tuple[str, ...]
    reply: str
