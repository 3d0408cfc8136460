"""The typefaces of an invoice on paper, from packages that are pinned: no machine's own fonts are asked.

Source Sans Pro and Noto Sans JP, both under the SIL Open Font License 1.1. Each weight has a file of its own:
whoever sets a page with a variable typeface writes the time into it.
"""

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

LATIN, JAPANESE = "Source Sans Pro", "Noto Sans JP"
_FILES: Mapping[tuple[str, int], tuple[str, str]] = {
    (LATIN, 300): ("font_source_sans_pro", "files/SourceSansPro-Light.ttf"),
    (LATIN, 400): ("font_source_sans_pro", "files/SourceSansPro-Regular.ttf"),
    (LATIN, 600): ("font_source_sans_pro", "files/SourceSansPro-Semibold.ttf"),
    (JAPANESE, 400): ("pylopdf_fonts_jp", "NotoSansJP-Regular.otf"),
}


def weights(family: str) -> list[int]:
    """Return the weights that there are of a typeface."""
    return [weight for name, weight in _FILES if name == family]


@cache
def typeface(family: str, weight: int) -> bytes:
    """Return the file of a typeface; its package is not run for it."""
    package, file = _FILES[family, weight]
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"the package {package} is not installed")
    return (Path(spec.submodule_search_locations[0]) / file).read_bytes()
