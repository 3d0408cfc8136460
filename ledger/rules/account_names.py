"""Names from outside as parts of account names that plain-text accounting tools take, no two alike."""

import re
import unicodedata
from hashlib import sha256

# What is written in this way keeps its letters: it is told apart by them alone.
_PLAIN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_ODD = re.compile(r"[^a-z0-9]+", re.ASCII)
_MOST_PLAIN = 60
_MOST_OF_ODD = 40
_HASH_DIGITS = 16


def account_part(name: str) -> str:
    """Return a name as a part of an account's name: ASCII letters, digits and hyphens, begun by a capital.

    A name of small letters, digits and single hyphens gets its first letter raised. Any other is cut down to
    that and gets a hash of the whole name, in capitals, so that it is nobody else's; the same name always
    gives the same part, whoever else is there.
    """
    if len(name) <= _MOST_PLAIN and _PLAIN.fullmatch(name):
        return name[0].upper() + name[1:]
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = _ODD.sub("-", ascii_only).strip("-")[:_MOST_OF_ODD].rstrip("-")
    # a plain name has no capital but its first letter, so the capital at the end keeps the two kinds apart
    mark = f"{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:_HASH_DIGITS].upper()}X"
    return f"{stem[0].upper()}{stem[1:]}-{mark}" if stem else mark
