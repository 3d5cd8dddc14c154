"""Make the files of a quote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bng_opt.errors import Finding, InputError
from bng_opt.market.store.tables import LineKind
from bng_opt.quotes.documents.document import Document, DocumentKind, Documents, file_name
from bng_opt.quotes.documents.mail import mail_bytes
from bng_opt.quotes.documents.orders import Order, order_html, orders_of
from bng_opt.quotes.documents.pdf import NoPdfError, PdfEngine, PdfMaker, pdf_maker
from bng_opt.quotes.documents.report import report_html
from bng_opt.quotes.documents.sales_csv import sales_csv
from bng_opt.quotes.documents.workbook import quote_workbook
from bng_opt.quotes.view import QuoteView
from bng_opt.whole_files import XLSX

HTML = "text/html; charset=utf-8"
PDF = "application/pdf"


def make_documents(
    view: QuoteView,
    *,
    kinds: Iterable[str] | None = None,
    pdf_engine: PdfEngine = "auto",
) -> Documents:
    """Make the files of a quote.

    Parameters
    ----------
    view
        The quote, in any state: the files say which.
    kinds
        What to make, as :class:`DocumentKind` spells it; everything if none is named.
    pdf_engine
        As in the settings: ``auto`` is the first of ``weasyprint`` and ``chromium`` that is
        there.

    Returns
    -------
    The files, and a finding for each that could not be made or lacks something. The same
    quote gives the same bytes, but for PDFs of another engine or version.

    Raises
    ------
    InputError
        If there is no such kind, with every name.
    """
    return _Maker(view, _known(kinds or DocumentKind), pdf_engine).make()


def _known(names: Iterable[str]) -> frozenset[DocumentKind]:
    wanted = tuple(dict.fromkeys(names))
    known = ", ".join(DocumentKind)
    unknown = [name for name in wanted if name not in list(DocumentKind)]
    if unknown:
        remedy = f"The kinds are: {known}."
        raise InputError([Finding(f'There is no document "{name}".', remedy) for name in unknown])
    return frozenset(map(DocumentKind, wanted))


class _Maker:
    """Makes each file once: the letter takes the report with it."""

    def __init__(
        self, view: QuoteView, kinds: frozenset[DocumentKind], pdf_engine: PdfEngine
    ) -> None:
        self._view = view
        self._kinds = kinds
        self._not_made: list[Finding] = []
        self._orders = orders_of(view) if kinds & _ORDERS else ()
        self._pdf = self._find_pdf_maker(pdf_engine) if kinds & _NEED_PDF else None

    def make(self) -> Documents:
        """Make all that is wanted."""
        documents = [*self._report_and_mail(), *self._all_orders(), *self._tables()]
        order = list(DocumentKind)
        wanted = [each for each in documents if each.kind in self._kinds]
        wanted.sort(key=lambda each: order.index(each.kind))
        return Documents(tuple(wanted), tuple(dict.fromkeys(self._not_made)))

    def _find_pdf_maker(self, engine: PdfEngine) -> PdfMaker | None:
        try:
            return pdf_maker(engine)
        except NoPdfError as error:
            self._not_made += error.findings
            return None

    def _report_and_mail(self) -> Iterator[Document]:
        if not self._kinds & _REPORTS:
            return
        html = report_html(self._view)
        name = ("quote", self._view.project)
        page = self._document(DocumentKind.REPORT_HTML, name, "html", HTML, html.encode())
        yield page
        printed = self._printed(DocumentKind.REPORT_PDF, name, html)
        yield from printed
        if DocumentKind.MAIL in self._kinds:
            content, lacking = mail_bytes(self._view, printed or (page,))
            self._not_made += lacking
            yield self._document(DocumentKind.MAIL, name, "eml", "message/rfc822", content)

    def _all_orders(self) -> Iterator[Document]:
        for number, order in enumerate(self._orders, 1):
            yield from self._order(order, number)
        if self._kinds & _ORDERS:
            outside = self._view.priced.of(LineKind.OUTSIDE)
            self._not_made += [_no_order(line.description) for line in outside]

    def _order(self, order: Order, number: int) -> Iterator[Document]:
        html = order_html(self._view, order)
        name = ("order", f"{number:02d}", order.bank.bank_name)
        yield self._document(DocumentKind.ORDER_HTML, name, "html", HTML, html.encode())
        if DocumentKind.ORDER_PDF in self._kinds:
            yield from self._printed(DocumentKind.ORDER_PDF, name, html)

    def _tables(self) -> Iterator[Document]:
        view = self._view
        if DocumentKind.WORKBOOK in self._kinds:
            content, name = quote_workbook(view), ("quote", view.project)
            yield self._document(DocumentKind.WORKBOOK, name, "xlsx", XLSX, content)
        if DocumentKind.SALES_CSV in self._kinds:
            csv = "text/csv; charset=utf-8"
            yield self._document(DocumentKind.SALES_CSV, ("sales",), "csv", csv, sales_csv(view))

    def _printed(
        self, kind: DocumentKind, name: tuple[str, ...], html: str
    ) -> tuple[Document, ...]:
        if self._pdf is None:
            return ()
        try:
            content = self._pdf(html, self._view.made_at)
        except NoPdfError as error:
            self._not_made += error.findings
            return ()
        return (self._document(kind, name, "pdf", PDF, content),)

    def _document(
        self,
        kind: DocumentKind,
        name: tuple[str, ...],
        extension: str,
        media_type: str,
        content: bytes,
    ) -> Document:
        named = file_name(self._view.label, *name, extension=extension)
        return Document(kind, named, media_type, content)


_REPORTS = {DocumentKind.REPORT_HTML, DocumentKind.REPORT_PDF, DocumentKind.MAIL}
_ORDERS = {DocumentKind.ORDER_HTML, DocumentKind.ORDER_PDF}
_NEED_PDF = {DocumentKind.REPORT_PDF, DocumentKind.MAIL, DocumentKind.ORDER_PDF}


def _no_order(description: str) -> Finding:
    return Finding(
        f"No purchase order was made for {description!r}: it comes from outside the market.",
        "Order it of whoever sells it, at the price agreed there.",
    )
