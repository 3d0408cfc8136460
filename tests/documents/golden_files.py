"""Hold documents against files; `UPDATE_GOLDEN=1` writes them anew, for somebody to look at."""

import os
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"
UPDATE = "UPDATE_GOLDEN"


def same_as_golden(name: str, text: str) -> bool:
    """Tell whether a document is the one in the file of that name."""
    file = GOLDEN / name
    if os.environ.get(UPDATE):
        file.write_text(text, encoding="utf-8")
    return file.read_text(encoding="utf-8") == text
