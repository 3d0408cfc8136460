"""Which names of streams a question has to look through: a licence and the programme are ranges of names."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ledger.events.streams import PRICES_STREAM, license_stream, partner_stream

_LAST_BEFORE_SURROGATES = 0xD7FF
_FIRST_AFTER_SURROGATES = 0xE000
_LAST_CODE_POINT = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Streams:
    """A choice of streams: some by name, some by spans of names, each from `first` to before `end`."""

    names: tuple[str, ...] = ()
    spans: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: "Streams") -> "Streams":
        """Return both choices together."""
        return Streams(self.names + other.names, self.spans + other.spans)

    def bunches(self, spans_at_once: int) -> Iterator["Streams"]:
        """Yield the choice in parts of so many spans; the names come with the first."""
        if self.names or self.spans:
            yield Streams(self.names, self.spans[:spans_at_once])
        for start in range(spans_at_once, len(self.spans), spans_at_once):
            yield Streams(spans=self.spans[start : start + spans_at_once])


def under(prefix: str) -> tuple[str, str]:
    """Return the span of all names that begin with the prefix.

    Code points sort as their UTF-8 bytes do, which is how both databases compare names.
    """
    for index in range(len(prefix) - 1, -1, -1):
        code_point = ord(prefix[index])
        if code_point < _LAST_CODE_POINT:
            skips = code_point == _LAST_BEFORE_SURROGATES
            return prefix, prefix[:index] + chr(_FIRST_AFTER_SURROGATES if skips else code_point + 1)
    return prefix, chr(_LAST_CODE_POINT) * (len(prefix) + 1)


def license_streams(license_ids: Iterable[str]) -> Streams:
    """Return all streams of the licences; each id counts once."""
    names = tuple(dict.fromkeys(license_stream(license_id) for license_id in license_ids))
    return Streams(names, tuple(under(name + "/") for name in names))


def programme_streams(partner_ids: Sequence[str] | None = None) -> Streams:
    """Return the streams of prices, cutovers and partners: all partners, or those that are named."""
    everyones = Streams((PRICES_STREAM,), (under("cutover/"),))
    if partner_ids is None:
        return everyones + Streams(spans=(under("partner/"),))
    return everyones + Streams(names=tuple(dict.fromkeys(map(partner_stream, partner_ids))))
