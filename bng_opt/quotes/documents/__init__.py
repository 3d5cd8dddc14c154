"""The documents of a quote: report, letter, purchase orders, workbook and the sales rows.

All are made from one :class:`~bng_opt.quotes.view.QuoteView` and print its sums to the
penny; each states mode, status, proof, sources, versions and the scenario's hash.
"""

from bng_opt.quotes.documents.document import Document, DocumentKind, Documents
from bng_opt.quotes.documents.make import make_documents

__all__ = ["Document", "DocumentKind", "Documents", "make_documents"]
