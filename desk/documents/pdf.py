"""The page of an invoice as PDF: made of its HTML, in typefaces that come with the program."""

import hashlib
import warnings
from contextlib import redirect_stdout
from functools import cache
from importlib import import_module
from io import StringIO
from typing import Any
from urllib.parse import quote, unquote

from desk.documents.html import html_of
from desk.documents.page import Page
from desk.documents.typefaces import JAPANESE, LATIN, typeface, weights
from ledger.rules.errors import LedgerError

# what Debian and Ubuntu call the packages
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
_SCHEME = "typeface:"
# From here on stand the scripts of East Asia and the signs in their width; no letter of the West does.
_FIRST_OF_EAST_ASIA = "\N{CJK RADICAL REPEAT}"


class PdfLibraryMissing(LedgerError):
    """Raised where the machine lacks the shared libraries that a PDF is set with."""

    code = "pdf_library_missing"
    template = "A PDF cannot be made on this machine: {reason}."
    hint = f"Install the libraries (on Debian and Ubuntu: apt-get install {PACKAGES}), or take --format html."


def pdf_of(page: Page, paper: str = "A4") -> bytes:
    """Return the page as a PDF, the same bytes for the same page wherever the same libraries are.

    Dates and id in it are the invoice's own; nothing is fetched. Raises PdfLibraryMissing.
    """
    html = html_of(page, paper)
    number = hashlib.sha256(html.encode()).hexdigest()[:32].encode()
    made: bytes = laid_out(html, pdf_identifier=number, pdf_tags=True).write_pdf(
        pdf_identifier=number, pdf_tags=True
    )
    return made


def laid_out(html: str, **options: object) -> Any:
    """Return WeasyPrint's document of the HTML, set in pages; raises PdfLibraryMissing."""
    weasyprint = _library()
    fonts = import_module("weasyprint.text.fonts").FontConfiguration()
    css = weasyprint.CSS(string=_faces(html), font_config=fonts, url_fetcher=_fetcher())
    document = weasyprint.HTML(string=html, url_fetcher=_fetcher())
    return document.render(stylesheets=[css], font_config=fonts, **options)


@cache
def _library() -> Any:
    """Import what sets the page, once; it looks for its shared libraries then."""
    # where a library is missing it prints what to do; of the one that cuts typefaces it only warns
    with warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.filterwarnings("error", "HarfBuzz-Subset", DeprecationWarning)
        try:
            return import_module("weasyprint")
        except OSError as error:
            raise PdfLibraryMissing(reason=str(error).splitlines()[0].rstrip(".")) from error
        except DeprecationWarning as error:
            raise PdfLibraryMissing(reason="cannot load library 'libharfbuzz-subset'") from error


def _faces(html: str) -> str:
    """Return the typefaces that the page needs: the large Japanese one only for letters of East Asia."""
    is_of_east_asia = any(letter >= _FIRST_OF_EAST_ASIA for letter in html)
    families = (LATIN, JAPANESE) if is_of_east_asia else (LATIN,)
    return "\n".join(_face(family, weight) for family in families for weight in weights(family))


def _face(family: str, weight: int) -> str:
    source = f"{_SCHEME}{quote(family)}/{weight}"
    return f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: url("{source}") }}'


@cache
def _fetcher() -> Any:
    """Return what gives the typefaces and refuses everything else: an invoice reaches for nothing."""
    urls = import_module("weasyprint.urls")

    class Typefaces(urls.URLFetcher):  # type: ignore[misc,name-defined]  # known once the library is there
        def fetch(self, url: str, _headers: object = None) -> Any:
            if not url.startswith(_SCHEME):
                raise ValueError(f"an invoice asks for nothing from outside: {url}")
            family, weight = unquote(url.removeprefix(_SCHEME)).split("/")
            return urls.URLFetcherResponse(url, typeface(family, int(weight)), {"Content-Type": "font/ttf"})

    return Typefaces()
