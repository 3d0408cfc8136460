"""The forms that an invoice is written in, known without what makes them."""

from enum import StrEnum


class Form(StrEnum):
    """How an invoice is written."""

    TEXT = "text"
    HTML = "html"
    PDF = "pdf"
