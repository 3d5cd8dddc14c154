"""A document as it is handed over, and the names of its file."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from bng_opt.errors import Finding

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_MOST_CHARACTERS = 40
"""Of a sanitised name: with label and kind the file's name stays far below 255 bytes."""


class DocumentKind(StrEnum):
    """What is made of a quote."""

    REPORT_HTML = "report_html"
    REPORT_PDF = "report_pdf"
    MAIL = "mail"
    ORDER_HTML = "order_html"
    ORDER_PDF = "order_pdf"
    WORKBOOK = "workbook"
    SALES_CSV = "sales_csv"


@dataclass(frozen=True)
class Document:
    """One file of a quote.

    Attributes
    ----------
    file_name
        Without a folder: ASCII letters, digits, hyphens and one dot.
    """

    kind: DocumentKind
    file_name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Documents:
    """The files of a quote.

    Attributes
    ----------
    made
        In the order of :class:`DocumentKind`.
    not_made
        What could not be made here, or not whole, each with its remedy.
    """

    made: tuple[Document, ...]
    not_made: tuple[Finding, ...] = ()

    def of(self, *kinds: DocumentKind) -> tuple[Document, ...]:
        """Return the documents of some kinds."""
        return tuple(document for document in self.made if document.kind in kinds)


def safe_name(text: str) -> str:
    """Return text of unknown origin as part of a file's name, empty if nothing is left.

    Examples
    --------
    >>> safe_name("Élan Brook & Sons"), safe_name("../../etc/passwd"), safe_name("草地")
    ('Elan-Brook-Sons', 'etc-passwd', '')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _NOT_IN_NAMES.sub("-", plain).strip("-")[:_MOST_CHARACTERS].strip("-")


def file_name(label: str, *parts: str, extension: str) -> str:
    """Return the name of a document's file.

    Examples
    --------
    >>> file_name("BNG-2026-00001", "order", "01", "Ash Dell", extension="pdf")
    'BNG-2026-00001-order-01-Ash-Dell.pdf'
    """
    names = [safe_name(part) for part in (label, *parts)]
    return "-".join(name for name in names if name) + f".{extension}"
