"""The view of the step Quote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.plain_words import proof_of
from bng_opt.app.state.quote import QuoteStep
from bng_opt.app.state.quote_form import Client
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
from bng_opt.app.views.quote_deal import Deal
from bng_opt.app.views.quote_rows import ChargeRows, OutsideRows

_NOBODY = "Nobody"
_LEAD = "Quote the purchase to a client, hold its stock, and hand the papers over."


class QuoteView:
    """The form of a quote and what it comes to; then what becomes of it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._step: QuoteStep = page.session.quote
        self._notice = Notice()
        self._is_filling = self._is_watched = False
        self._client = {name: widgets.Text(continuous_update=False) for name in asdict(Client())}
        self._client["address"] = widgets.Textarea(continuous_update=False, rows=3)
        self._known = widgets.Combobox(options=[], continuous_update=False)
        self._project = widgets.Text(continuous_update=False)
        self._introducer = widgets.Dropdown(options=[_NOBODY])
        self._offset = widgets.Checkbox(
            description="Give the on-site surplus offset discount", indent=False
        )
        self._charges = ChargeRows(self._typed)
        self._outside = OutsideRows(self._typed)
        self._watch_fields()
        guarded, notice = page.guarded, self._notice
        self._work = button("Work the quote out", guarded(self._work_out, notice), kind="primary")
        self._working, self._preview, self._role, self._stale = html(), html(), html(), html()
        self._agree = widgets.Checkbox(description="Quote this purchase all the same", indent=False)
        self._agree.observe(self._agreed, "value")
        self._consent = column(
            column(self._agree, name="field"),
            row(button("Search again on the market of now", guarded(self._search_again, notice))),
        )
        self._reason = widgets.Text(continuous_update=False)
        self._reason_box = labelled(self._reason, "Why it is revised, for the record")
        self._keep = button("Keep as a draft", guarded(self._keeping(reserve=False), notice))
        self._hold = button(
            "Keep and reserve its stock",
            guarded(self._keeping(reserve=True), notice),
            kind="primary",
        )
        self._keeps = column(self._reason_box, row(self._keep, self._hold))
        self._revising = html()
        self._leave = row(
            button("Leave the quote as it is", guarded(self._step.leave_revision, notice),
                   kind="link")
        )  # fmt: skip
        self._party = self._make_party()
        self._form = self._make_form()
        self._deal = Deal(page, notice)
        self.box = column(
            heading(self._step.title),
            prose(_LEAD, kind="lead"),
            self._role,
            notice,
            self._form,
            self._deal.box,
        )

    def refresh(self) -> None:
        """Show what the model says now."""
        step = self._step
        why_not = step.why_not
        _say(self._role, render("notice", text=why_not, kind="info") if why_not else "")
        show(self._form, not step.reference)
        show(self._deal.box, bool(step.reference))
        if step.reference:
            self._deal.refresh()
            return
        self._is_filling = True
        try:
            self._fill()
        finally:
            self._is_filling = False
        self._show_work()

    def _make_party(self) -> widgets.VBox:
        client = self._client
        return column(
            heading("Client", 3),
            labelled(
                self._known, "Known client",
                "Type a part of the name and choose; or fill in a new client below.",
            ),
            row(
                labelled(client["name"], "Name"), labelled(client["company"], "Company"),
                name="fields",
            ),
            row(
                labelled(client["email"], "E-mail"), labelled(client["phone"], "Telephone"),
                name="fields",
            ),
            labelled(client["address"], "Address"),
            labelled(
                self._project, "Project", "As the client calls it; the metric's name without."
            ),
        )  # fmt: skip

    def _make_form(self) -> widgets.VBox:
        self._account = labelled(self._introducer, "Introducer", "Whose account sets the discount.")
        add_charge = self._page.guarded(self._charges.add, self._notice)
        add_line = self._page.guarded(self._outside.add, self._notice)
        self._by_hand = (
            Disclosure(
                "charges by hand", self._charges.box, row(button("Add a charge", add_charge))
            ),
            Disclosure(
                "units from outside the market",
                prose(
                    "They are taken off what is owed; the purchase covers the rest.", kind="help"
                ),
                self._outside.box,
                row(button("Add a line", add_line)),
            ),
        )
        return column(
            self._revising,
            self._stale,
            self._party,
            heading("Terms", 3),
            self._account,
            column(self._offset, name="field"),
            *self._by_hand,
            row(self._work),
            self._working,
            self._preview,
            self._consent,
            self._keeps,
            self._leave,
        )

    def _fill(self) -> None:
        step, form = self._step, self._step.form
        for name, value in asdict(form.client).items():
            self._client[name].value = value
        self._project.value, self._offset.value = form.project, form.surplus_offset
        self._agree.value = step.agreed
        self._customers = {
            ", ".join(filter(None, (each.name, each.company))): each for each in step.customers()
        }
        options = tuple(self._customers)
        if tuple(self._known.options) != options:
            self._known.options = options
        accounts = dict.fromkeys((_NOBODY, *step.introducers(), form.introducer or _NOBODY))
        if tuple(self._introducer.options) != tuple(accounts):
            self._introducer.options = tuple(accounts)
        self._introducer.value = form.introducer or _NOBODY
        self._charges.show(form.charges)
        self._outside.show(form.outside)
        # Who buys and who introduced them stay with a quote that is revised.
        is_revision = step.revising is not None
        show(self._party, not is_revision)
        show(self._account, not is_revision)
        show(self._leave, is_revision)
        self._unfold(form)

    def _unfold(self, form: Any) -> None:
        """Show lines that were entered before: nothing that is charged stays out of sight."""
        filled = (form.charges, form.outside)
        for box, lines in zip(self._by_hand, filled, strict=True):
            if any(not line.is_blank for line in lines):
                box.unfold()

    def _watch_fields(self) -> None:
        fields = [*self._client.values(), self._project, self._introducer, self._offset]
        for field in fields:
            field.observe(self._typed, "value")
        self._known.observe(self._chosen, "value")

    def _chosen(self, change: Mapping[str, Any]) -> None:
        customer = self._customers.get(change["new"])
        if customer is not None and not self._is_filling:
            self._page.attempt(lambda: self._step.choose_customer(customer), self._notice)

    def _typed(self, *_: Any) -> None:
        if not self._is_filling:
            self._page.attempt(self._read, self._notice)

    def _read(self) -> None:
        introducer = self._introducer.value
        self._step.fill(
            client=Client(**{name: field.value for name, field in self._client.items()}),
            project=self._project.value,
            introducer="" if introducer in (None, _NOBODY) else introducer,
            surplus_offset=self._offset.value,
            charges=self._charges.read(),
            outside=self._outside.read(),
        )

    def _show_work(self) -> None:
        step, running, content = self._step, self._step.working, self._step.content
        revised = step.revising
        _say(self._revising, "" if revised is None else render("quote_revising", view=revised))
        stale = step.stale()
        _say(self._stale, render("quote_stale", changes=stale) if stale else "")
        self._working.value = render(
            "quote_working",
            title=running.title if running.is_running else "",
            lines=running.lines() if running.is_running else (),
            failure=() if content else step.failure,
        )
        self._preview.value = (
            ""
            if content is None
            else render(
                "quote_lines", priced=content.priced, proof=proof_of(content.plan),
                change=step.change,
                title="What the client pays", review=step.review,
            )
        )  # fmt: skip
        show(self._consent, step.needs_consent)
        show(self._keeps, content is not None)
        show(self._reason_box, revised is not None)
        show(self._hold, revised is None)
        self._keep.description = (
            "Keep as a draft" if revised is None else "Keep as the next revision"
        )
        self._work.disabled = running.is_running
        for each in (self._keep, self._hold):
            each.disabled = not step.may_quote
        if running.is_running and not self._is_watched:
            self._is_watched = True
            self._page.watch(self._watch_work, self._notice)

    def _watch_work(self) -> bool:
        self._is_watched = self._step.refresh_work()
        return self._is_watched

    def _work_out(self) -> None:
        self._read()
        self._step.work_out()

    def _agreed(self, _: Mapping[str, Any]) -> None:
        if not self._is_filling:
            self._page.attempt(lambda: self._step.agree(self._agree.value), self._notice)

    def _search_again(self) -> None:
        self._step.search_again()

    def _keeping(self, *, reserve: bool) -> Callable[[], None]:
        def keep() -> None:
            is_revision = self._step.revising is not None
            self._step.keep(reserve=reserve, reason=self._reason.value)
            self._reason.value = ""
            if is_revision:
                self._notice.show_info(f"{self._step.reference} is revised.")
                return
            held = ", and its stock is reserved" if reserve else ""
            self._notice.show_info(f"{self._step.reference} is kept as a draft{held}.")

        return keep


def _say(place: widgets.HTML, value: str) -> None:
    """Show a text, or nothing that takes room."""
    place.value = value
    show(place, bool(value))
