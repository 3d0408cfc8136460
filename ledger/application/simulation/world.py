"""Where customers live, what they pay in and what people are called.

Zones carry a fixed offset here: office hours may begin an hour late in summer, but the bytes do not depend
on the time zone data of the machine.
"""

from typing import NamedTuple


class Place(NamedTuple):
    """A time zone with its winter offset and the currencies its customers choose from."""

    time_zone: str
    offset_minutes: int
    currencies: tuple[str, ...]


PLACES = (
    Place("America/New_York", -300, ("USD",)),
    Place("America/New_York", -300, ("USD",)),
    Place("America/Chicago", -360, ("USD",)),
    Place("America/Chicago", -360, ("USD",)),
    Place("America/Los_Angeles", -480, ("USD",)),
    Place("America/Los_Angeles", -480, ("USD",)),
    Place("America/Sao_Paulo", -180, ("USD",)),
    Place("America/Havana", -300, ("USD",)),
    Place("America/Santiago", -240, ("USD",)),
    Place("Europe/London", 0, ("USD", "EUR")),
    Place("Europe/London", 0, ("USD", "EUR")),
    Place("Europe/Warsaw", 60, ("EUR", "USD")),
    Place("Europe/Warsaw", 60, ("EUR", "USD")),
    Place("Europe/Berlin", 60, ("EUR",)),
    Place("Europe/Berlin", 60, ("EUR",)),
    Place("Europe/Madrid", 60, ("EUR",)),
    Place("Europe/Helsinki", 120, ("EUR",)),
    Place("Africa/Cairo", 120, ("USD",)),
    Place("Africa/Lagos", 60, ("USD",)),
    Place("Asia/Beirut", 120, ("USD", "EUR")),
    Place("Asia/Dubai", 240, ("USD",)),
    Place("Asia/Kolkata", 330, ("USD",)),
    Place("Asia/Kolkata", 330, ("USD",)),
    Place("Asia/Kathmandu", 345, ("USD",)),
    Place("Asia/Singapore", 480, ("USD",)),
    Place("Asia/Tokyo", 540, ("JPY",)),
    Place("Asia/Tokyo", 540, ("JPY", "USD")),
    Place("Australia/Sydney", 600, ("USD",)),
    Place("Pacific/Apia", 780, ("USD",)),
    Place("UTC", 0, ("USD",)),
)

# fmt: off
GIVEN_NAMES = [
    "ada", "amir", "ana", "anna", "arjun", "bea", "ben", "bruno", "carla", "chen", "clara", "dana",
    "david", "dora", "elif", "emil", "emma", "erik", "eva", "fatima", "felix", "gita", "greta", "hana",
    "hugo", "ida", "igor", "ines", "ivan", "jana", "jan", "jonas", "julia", "kaito", "karin", "kofi",
    "lea", "leo", "lena", "lin", "lucia", "luis", "maja", "marc", "maria", "marta", "max", "mei", "mia",
    "mina", "nadia", "niko", "nils", "nina", "noah", "nora", "olga", "omar", "oscar", "otto", "pablo",
    "paula", "petra", "pia", "raj", "rania", "rita", "rosa", "ruth", "sami", "sara", "sofia", "sven",
    "tara", "theo", "tom", "uma", "vera", "victor", "wanda", "yara", "yuki", "zoe",
]
# fmt: on
# fmt: off
FIRST_WORDS = [
    "amber", "blue", "bright", "calm", "cedar", "clear", "coral", "east", "green", "harbor", "iron",
    "lake", "maple", "north", "oak", "river",
]
# fmt: on
# fmt: off
SECOND_WORDS = [
    "bakery", "bikes", "books", "cloud", "coffee", "dental", "fitness", "garden", "hotels", "lamps",
    "legal", "shoes", "tours", "toys",
]
# fmt: on

BOT_NAMES = ("greeter", "faq-bot", "order-bot", "night-bot", "lead-bot", "returns-bot")
