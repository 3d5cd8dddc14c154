"""The documents of a quote: report, letter, purchase orders, workbook and the sales rows.

All are made from one :class:`~bng_opt.quotes.view.QuoteView` and print its sums to the
penny; each states mode, status, proof, sources, versions and the scenario's hash.
"""

from typing import TYPE_CHECKING

# Names are loaded when first used: who makes a PDF of a page needs nothing of the store.

_HOMES = {
    "Document": "document",
    "DocumentKind": "document",
    "Documents": "document",
    "make_documents": "make",
}

__all__ = ["Document", "DocumentKind", "Documents", "make_documents"]

if TYPE_CHECKING:
    from bng_opt.quotes.documents.document import Document, DocumentKind, Documents
    from bng_opt.quotes.documents.make import make_documents


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'bng_opt.quotes.documents' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"bng_opt.quotes.documents.{_HOMES[name]}"), name)
