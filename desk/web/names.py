"""Names from outside as one part of an address: a slash in a licence's id is no separator."""

from urllib.parse import quote, unquote

from starlette.convertors import Convertor, register_url_convertor

_PLAIN = "@:,;=+!$&'()*"


class NameConvertor(Convertor[str]):
    """A part of a path that stands for any text, with `~` where addresses have `%`.

    Servers read `%2F` as a slash before anybody can tell it from one, and `.` and `..` as folders.
    """

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        """Return the name that a part of a path stands for."""
        return unquote(value.replace("%", "%25").replace("~", "%"), errors="replace")

    def to_string(self, value: str) -> str:
        """Return the part of a path that stands for a name."""
        quoted = quote(value, safe=_PLAIN).replace("~", "%7E")
        if not quoted.strip("."):
            quoted = quoted.replace(".", "%2E")
        return quoted.replace("%", "~")


register_url_convertor("name", NameConvertor())
