"""Lines of plain fields, read many at a time: a line that is proven to say what it seems to needs no parser.

The values are cut out of lines that look alike (`looks`), and each different one is validated by the type of
its field. Any other line is `parse_line`'s, which also says what is wrong with it.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, repeat
from operator import itemgetter
from typing import Annotated, Any, Final, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ledger.events.base import LedgerEvent
from ledger.events.catalogue import CATALOGUE
from ledger.events.encoding import Template, template
from ledger.events.looks import COMPACT, Look, looks_in, pattern_of
from ledger.events.seats import SeatEvent
from ledger.events.streams import seats_streams
from ledger.rules.instants import parse_canonical_instants, to_us

_INSTANTS: Final = ("effective_at", "recorded_at")
_LOOKS_KEPT: Final = 16
_PLANS_KEPT: Final = 1_000
_new, _put = object.__new__, object.__setattr__
# Tells whether all of the values, as they are written, are good.
_Check: TypeAlias = Callable[[Sequence[str]], bool]


class Alike(NamedTuple):
    """Lines of one type and look, all of them good, as columns of plain values: fit for another process.

    `places` are those of the lines among those that were read; `written` has the values as they stand in the
    lines, by the fields of the look; `streams` the names of seat meters; `states` the canonical lines.
    """

    event_type: str
    look: Look
    places: list[int]
    written: list[Sequence[str]]
    effective_us: list[int]
    recorded_us: list[int]
    streams: list[str] | None
    states: list[bytes]
    # those of effective_at and recorded_at, unless they come from another process
    instants: list[list[datetime]] | None = None

    def column(self, name: str) -> Sequence[str]:
        """Return what is written for a field."""
        return self.written[[one for one, _ in self.look.fields].index(name)]

    def subjects(self) -> Sequence[str] | None:
        """Return the events' subjects; None if they have none."""
        name = CATALOGUE[self.event_type].subject_field
        return self.column(name) if name is not None else None

    def facts(self, events: Sequence[LedgerEvent]) -> Sequence[int]:
        """Return the events' codes."""
        model = CATALOGUE[self.event_type]
        if model.fact is LedgerEvent.fact:
            return [int(model.fact_code)] * len(events)
        return [int(event.fact) for event in events]


class _Plan(NamedTuple):
    """How lines of a look become events of a type; `made` turns what is written into values."""

    model: type[LedgerEvent]
    checks: dict[str, _Check]
    made: dict[str, Callable[[str], Any]]
    defaults: dict[str, Any]
    given: set[str]
    form: Template
    is_canonical: bool


class PlainLines:
    """A reader of lines that learns how they look, so one reader is for one history."""

    def __init__(self) -> None:
        self._looks: list[Look] = []

    def read(self, lines: Sequence[bytes]) -> list[Alike]:
        """Return what the lines say that are plain and good; they come with their ends, if they have any."""
        found: list[Alike] = []
        try:
            text = b"".join(lines).decode()
        except UnicodeDecodeError:
            return found
        if not text.endswith("\n"):
            text += "\n"
        places: Sequence[int] = range(len(lines))
        tried = 0
        while places and (tried < len(self._looks) or self._learn(text)):
            rows = pattern_of(self._looks[tried]).findall(text)
            text, places = self._sort(self._looks[tried], rows, places, lines, found)
            tried += 1
        return found

    def _sort(
        self,
        look: Look,
        rows: list[tuple[str, ...]],
        places: Sequence[int],
        lines: Sequence[bytes],
        found: list[Alike],
    ) -> tuple[str, Sequence[int]]:
        """Add the lines of the look, type by type; return the others, each with its end, and their places."""
        if len(rows) != len(places):
            raise ValueError(f"{len(places)} lines were taken apart into {len(rows)}")
        types = [*map(itemgetter(look.fields.index(("type", False))), rows)]
        by_type: dict[str, list[int]] = {name: [] for name in set(types)}
        for at, name in enumerate(types):
            by_type[name].append(at)
        others = by_type.pop("", [])
        for name, of_type in by_type.items():
            plan = _plan(name, look)
            if plan is not None:
                alike = _alike(
                    plan,
                    name,
                    look,
                    [rows[at] for at in of_type],
                    places=[places[at] for at in of_type],
                    lines=lines,
                )
                if alike is not None:
                    found.append(alike)
        return "".join([f"{rows[at][-1]}\n" for at in others]), [places[at] for at in others]

    def _learn(self, text: str) -> bool:
        """Add the look of one of the lines; False if none is plain, or enough is learned."""
        if len(self._looks) == _LOOKS_KEPT:
            return False
        for event_type, look in looks_in(text):
            if look not in self._looks and _plan(event_type, look) is not None:
                self._looks.append(look)
                return True
        return False


@lru_cache(maxsize=_PLANS_KEPT)
def _plan(event_type: str, look: Look) -> _Plan | None:
    """Return how to read lines of a look; None if a field is surplus, missing or more than a word."""
    model = CATALOGUE.get(event_type)
    form = template(model) if model is not None else None
    if model is None or form is None or _has_rules_of_its_own(model):
        return None
    fields = {name: field for name, field in model.model_fields.items() if name != "type"}
    shown = [name for name, _ in look.fields]
    left_out = {name: field for name, field in fields.items() if name not in shown}
    if any(field.is_required() for field in left_out.values()) or not {*shown} <= model.model_fields.keys():
        return None
    words = {name: fields[name] for name in fields if name in shown and name not in _INSTANTS}
    if any((name in words and words[name].annotation is bool) != is_truth for name, is_truth in look.fields):
        return None
    return _Plan(
        model=model,
        checks={name: _check(field) for name, field in words.items()},
        made={name: _maker(field.annotation) for name, field in words.items() if field.annotation is not str},
        defaults={name: field.get_default() for name, field in left_out.items()},
        given={*shown},
        form=form,
        is_canonical=(look.comma, look.colon) == COMPACT and tuple(shown) == form.order,
    )


def _has_rules_of_its_own(model: type[LedgerEvent]) -> bool:
    """Tell whether a model checks more than its fields one by one."""
    rules = model.__pydantic_decorators__
    return bool(
        rules.field_validators
        or rules.validators
        or rules.model_validators
        or rules.root_validators
        or model.model_post_init is not BaseModel.model_post_init
    )


def _check(field: FieldInfo) -> _Check:
    """Return what validates values of a field as they stand in lines."""
    kind: Any = field.annotation
    if field.metadata:
        kind = Annotated[(kind, *field.metadata)]
    validator = TypeAdapter(list[kind], config=ConfigDict(strict=True))

    def check_texts(written: Sequence[str]) -> bool:
        texts = [*written]
        # a text is taken as it is written
        return validator.validate_python(texts) == texts

    def check_words(written: Sequence[str]) -> bool:
        different = {*written}
        validator.validate_json(
            f"[{','.join(different)}]" if kind is bool else json.dumps([*different], ensure_ascii=False)
        )
        return True

    check = check_texts if field.annotation is str else check_words

    def is_good(written: Sequence[str]) -> bool:
        try:
            return check(written)
        except ValidationError:
            return False

    return is_good


def _maker(kind: Any) -> Callable[[str], Any]:
    """Return what makes a truth value or a member of a vocabulary of a text that is good."""
    return "true".__eq__ if kind is bool else kind


def _alike(
    plan: _Plan,
    event_type: str,
    look: Look,
    rows: list[tuple[str, ...]],
    *,
    places: list[int],
    lines: Sequence[bytes],
) -> Alike | None:
    """Return lines of one type as columns; None if one of them is not good."""
    written = dict(zip((name for name, _ in look.fields), zip(*rows, strict=True), strict=False))
    if not all(check(written[name]) for name, check in plan.checks.items()):
        return None
    instants = _instants([written[name] for name in _INSTANTS])
    if instants is None:
        return None
    effective_at, recorded_at = instants
    streams = None
    if issubclass(plan.model, SeatEvent):
        streams = seats_streams(written["license_id"], written["agent_id"], effective_at)
    recorded_us = [*map(to_us, recorded_at)]
    return Alike(
        event_type,
        look,
        places,
        list(written.values()),
        [
            us if effective is recorded else to_us(effective)
            for effective, recorded, us in zip(effective_at, recorded_at, recorded_us, strict=True)
        ],
        recorded_us,
        streams,
        [lines[place].rstrip(b"\r\n") for place in places]
        if plan.is_canonical
        else _states(plan, written, len(places)),
        instants,
    )


def _states(plan: _Plan, written: Mapping[str, Sequence[str]], count: int) -> list[bytes]:
    """Return the canonical lines; what is left out has its default."""
    left_out = {name: json.dumps(value) for name, value in plan.defaults.items()}
    columns = (
        written[name] if name in written else repeat(left_out[name], count)
        for name in plan.form.order
        if name != "type"
    )
    text = plan.form.text
    return [(text % one).encode() for one in zip(*columns, strict=True)]


def _instants(columns: Sequence[Sequence[str]]) -> list[list[datetime]] | None:
    """Return the instants of each column, one object for one instant; None if one is written otherwise."""
    different = dict.fromkeys(chain.from_iterable(columns))
    parsed = parse_canonical_instants(list(different))
    if parsed is None:
        return None
    by_text = dict(zip(different, parsed, strict=True))
    return [[*map(by_text.__getitem__, texts)] for texts in columns]


def events_of(alike: Alike) -> list[LedgerEvent]:
    """Return the events of lines that are alike, without validating them a second time."""
    plan = _plan(alike.event_type, alike.look)
    if plan is None:
        raise ValueError(f"{alike.event_type} is no event of plain fields")
    written = dict(zip((name for name, _ in alike.look.fields), alike.written, strict=True))
    values: dict[str, Sequence[Any]] = dict(written)
    for name, make in plan.made.items():
        by_text = {text: make(text) for text in set(written[name])}
        values[name] = [*map(by_text.__getitem__, written[name])]
    instants = alike.instants or _instants([written[name] for name in _INSTANTS])
    values |= zip(_INSTANTS, instants or (), strict=True)
    values |= {name: [value] * len(alike.places) for name, value in plan.defaults.items()}
    if alike.streams is not None:
        # what the cached property of this name would put there, asking for a lock each time
        values["stream_id"] = alike.streams
    of_events = map(dict, map(zip, repeat(tuple(values)), zip(*values.values(), strict=True)))
    events: list[LedgerEvent] = [*map(_new, repeat(plan.model, len(alike.places)))]
    # as the model's own __setstate__ does, which takes twice the time
    _put_each(events, "__dict__", of_events)
    _put_each(events, "__pydantic_fields_set__", repeat(plan.given))
    _put_each(events, "__pydantic_extra__", repeat(None))
    _put_each(events, "__pydantic_private__", repeat(None))
    return events


def _put_each(events: Iterable[LedgerEvent], name: str, values: Iterable[object]) -> None:
    """Give each event its part, by loops that are not Python's own."""
    deque(map(_put, events, repeat(name), values), maxlen=0)
