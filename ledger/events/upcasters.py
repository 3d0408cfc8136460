"""How events written by an earlier release are lifted to the present form of their type."""

from collections.abc import Callable
from typing import Any, NamedTuple

Payload = dict[str, Any]


class Upcaster(NamedTuple):
    """Lift one version of a type to the next.

    `recognises` tells a payload of the old version apart, for history lines, which carry no version.
    """

    recognises: Callable[[Payload], bool]
    lift: Callable[[Payload], Payload]


class NoUpcaster(ValueError):
    """Raised for a stored version from which no way leads to the present one: a newer release wrote it."""


def _has_programme_only(payload: Payload) -> bool:
    return "programme" in payload and "applies_to" not in payload


def _cutover_applies_to(payload: Payload) -> Payload:
    """Turn `programme` into `applies_to`: the first cutovers were only ever for a partner programme."""
    rest = {name: value for name, value in payload.items() if name != "programme"}
    return {**rest, "applies_to": {"programme": payload["programme"]}}


UPCASTERS: dict[tuple[str, int], Upcaster] = {
    ("CutoverAnnounced", 1): Upcaster(_has_programme_only, _cutover_applies_to),
}


def upcast(event_type: str, from_version: int, to_version: int, payload: Payload) -> Payload:
    """Return the payload in the form of `to_version`; raises NoUpcaster if a step is missing."""
    for version in range(from_version, to_version):
        step = UPCASTERS.get((event_type, version))
        if step is None:
            raise NoUpcaster(f"{event_type}@{version}")
        payload = step.lift(payload)
    return payload


def recognised_version(event_type: str, to_version: int, payload: Payload) -> int:
    """Return the oldest version whose form a payload without a version has; `to_version` if none."""
    for version in range(1, to_version):
        step = UPCASTERS.get((event_type, version))
        if step is not None and step.recognises(payload):
            return version
    return to_version
