"""A quote that was kept: how it stands, what may be done with it, and its documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.filed import FILED, XLSX, filed_findings
from bng_opt.app.state.moments import day_text, moment_text
from bng_opt.app.state.plain_words import proof_of
from bng_opt.app.state.quote import QuoteStep
from bng_opt.app.views.kit import (
    Disclosure,
    Notice,
    button,
    column,
    heading,
    html,
    labelled,
    prose,
    render,
    row,
    show,
)
from bng_opt.app.views.page import Page
from bng_opt.market.store.tables import ReservationState
from bng_opt.quotes import QuoteView
from bng_opt.quotes.documents import Document, DocumentKind

_ACTS = {
    "send": ("Mark as sent", "primary", "is marked as sent"),
    "accept": ("The client accepts", "primary", "is accepted, and its stock is sold"),
    "reserve": ("Reserve the stock", "secondary", "has its stock reserved"),
    "release": ("Give the stock back", "secondary", "has given its stock back"),
    "revise": ("Revise", "secondary", "is entered again, to be revised"),
    "withdraw": ("Withdraw the quote", "danger", "is withdrawn"),
    "cancel": ("Call the sale off", "danger", "is called off, and its stock is free again"),
}
"""What each step is called, how its button looks, and what then became of the quote."""
_FOR = {
    "For the client": (DocumentKind.REPORT_HTML, DocumentKind.REPORT_PDF, DocumentKind.MAIL),
    "Orders to the banks": (DocumentKind.ORDER_HTML, DocumentKind.ORDER_PDF),
    "For the office": (DocumentKind.WORKBOOK, DocumentKind.SALES_CSV),
}
_REASONED = {"withdraw", "cancel"}
_AFTER_APPROVAL = {"send", "accept"}


class Deal:
    """The quote that was kept or opened."""

    def __init__(self, page: Page, notice: Notice) -> None:
        self._page, self._step, self._notice = page, page.session.quote, notice
        self._kept, self._lines, self._events = html(), html(), html()
        self._acts = {
            name: button(label, page.guarded(self._acting(name), notice), kind=kind)
            for name, (label, kind, _) in _ACTS.items()
        }
        self._reason = widgets.Text(continuous_update=False)
        self._reason_box = labelled(
            self._reason, "Reason, for the record", "Needed to withdraw it or to call it off."
        )
        self._review = html()
        self._approver, self._password = widgets.Text(), widgets.Password()
        self._approval = column(
            self._review,
            labelled(self._approver, "Approver"),
            labelled(self._password, "The approver's password"),
            button("Approve", page.guarded(self._approve, notice)),
        )
        self._make = button(
            "Make the documents", page.guarded(self._make_files, notice), kind="primary"
        )
        self._filed = Notice()
        self._fill = button(
            "Download the metric workbook with the purchase",
            page.guarded(self._download_filed, self._filed),
        )
        self._files = column(name="documents")
        self._listed: tuple[Document, ...] = ()
        self.box = column(
            self._kept,
            self._approval,
            row(*self._acts.values()),
            self._reason_box,
            self._lines,
            heading("Documents", 3),
            prose("The report for the client, the purchase orders, the letter and the workbook.",
                  kind="help"),
            row(self._make, self._fill),
            self._filed,
            self._files,
            Disclosure("what was done with it", self._events),
            row(button("Make another quote", page.guarded(self._step.close_quote, notice),
                       kind="link")),
        )  # fmt: skip

    def refresh(self) -> None:
        """Show how the quote stands now."""
        step, view = self._step, self._step.view
        if view is None:
            return
        self._kept.value = render("quote_kept", view=view, **_moments(view))
        self._lines.value = render(
            "quote_lines",
            priced=view.priced,
            proof=proof_of(view.plan),
            change="",
            title="Lines",
            review="",
        )
        self._show_acts(step, view)
        self._events.value = render(
            "quote_events",
            events=[(moment_text(each.at), each.who, each.what) for each in step.kept.events()],
        )
        self._make.disabled = not step.may_quote
        self._show_files(step.kept.documents)

    def _show_acts(self, step: QuoteStep, view: QuoteView) -> None:
        possible = step.steps()
        for name, each in self._acts.items():
            show(each, name in possible)
            each.disabled = name in _AFTER_APPROVAL and view.awaits_approval
        held = view.reservation is not None and view.reservation.state is ReservationState.HELD
        label = "Hold the stock longer" if held else _ACTS["reserve"][0]
        self._acts["reserve"].description = label
        show(self._reason_box, bool(_REASONED & set(possible)))
        self._review.value = render("notice", text=step.review, kind="warning")
        show(self._approval, view.awaits_approval and bool(possible))

    def _acting(self, name: str) -> Callable[[], None]:
        def act() -> None:
            reference = self._step.reference
            self._step.act(name, self._reason.value)
            self._reason.value = ""
            self._notice.show_info(f"{reference} {_ACTS[name][2]}.")

        return act

    def _approve(self) -> None:
        password, self._password.value = self._password.value, ""
        self._step.kept.approve(self._approver.value, password)
        self._notice.show_info("The quote is approved.")

    def _make_files(self) -> None:
        self._notice.show_info("Making the documents…")
        found = self._step.kept.make_documents()
        self._notice.clear()
        if found.not_made:
            self._notice.show_findings(found.not_made, kind="warning")

    def _download_filed(self) -> None:
        filed = self._step.kept.filed()
        self._page.link.download(f"{self._step.reference}-{FILED}", filed.data, XLSX)
        kind = "warning" if filed.findings or filed.shortfalls else "info"
        self._filed.show_findings(filed_findings(filed), kind=kind)

    def _show_files(self, documents: tuple[Document, ...]) -> None:
        if documents == self._listed:
            return
        self._listed = documents
        shown: list[widgets.Widget] = []
        for title, kinds in _FOR.items():
            if found := [each for each in documents if each.kind in kinds]:
                shown += [heading(title, 4), *map(self._download, found)]
        self._files.children = shown

    def _download(self, document: Document) -> widgets.Button:
        return button(
            f"Download {document.file_name} ({max(1, len(document.content) // 1024)} kB)",
            self._page.guarded(self._downloading(document), self._notice),
            kind="chip",
        )

    def _downloading(self, document: Document) -> Callable[[], None]:
        def download() -> None:
            self._page.link.download(document.file_name, document.content, document.media_type)

        return download


def _moments(view: QuoteView) -> dict[str, Any]:
    """Return the moments of a quote as the page says them."""
    held = view.reservation
    return {
        "made": moment_text(view.made_at),
        "sent": "" if view.sent_at is None else moment_text(view.sent_at),
        "until": "" if view.valid_until is None else day_text(view.valid_until),
        "held_until": "" if held is None else moment_text(held.expires_at),
    }
