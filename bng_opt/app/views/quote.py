"""The view of the step Quote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.metric import habitat_names
from bng_opt.app.state.quote import ChargeRow, Client, OutsideRow, QuoteStep
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
from bng_opt.places import Category
from bng_opt.reference import Ledger

_NEW = "A new client"
_NOBODY = "Nobody"
_ACTS = {
    "send": ("Mark as sent", "primary"),
    "reserve": ("Reserve the stock", "secondary"),
    "release": ("Give the stock back", "secondary"),
    "accept": ("The client accepts", "primary"),
    "withdraw": ("Withdraw the quote", "danger"),
    "cancel": ("Call the sale off", "danger"),
}
_CATEGORIES = {
    "Within (×1)": Category.WITHIN.value,
    "Neighbouring (×0.75)": Category.NEIGHBOURING.value,
    "Outside (×0.5)": Category.OUTSIDE.value,
}


class QuoteView:
    """The form of a quote, what it comes to, and what becomes of it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._step: QuoteStep = page.session.quote
        self._notice = Notice()
        self._is_filling = self._is_watched = False
        self._client = {name: widgets.Text(continuous_update=False) for name in asdict(Client())}
        self._client["address"] = widgets.Textarea(continuous_update=False, rows=3)
        self._known = widgets.Dropdown(options=[_NEW])
        self._project = widgets.Text(continuous_update=False)
        self._introducer = widgets.Dropdown(options=[_NOBODY])
        self._offset = widgets.Checkbox(
            description="Give the on-site surplus offset discount", indent=False
        )
        self._charges = _Rows(("Charge", "Amount before VAT [£]"), self._typed)
        self._outside = _OutsideRows(self._typed)
        self._watch_fields()
        guarded, notice = page.guarded, self._notice
        self._work = button("Work the quote out", guarded(self._work_out, notice), kind="primary")
        self._working, self._preview, self._role = html(), html(), html()
        self._keep = button("Keep as a draft", guarded(self._keeping(False), notice))
        self._hold = button(
            "Keep and reserve its stock", guarded(self._keeping(True), notice), kind="primary"
        )
        self._keeps = row(self._keep, self._hold)
        self._form = self._make_form()
        self._kept, self._files = html(), column()
        self._listed: Any = None
        self._acts = row()
        self._reason = widgets.Text(continuous_update=False)
        self._reason_box = labelled(self._reason, "Reason, for the record")
        self._approver, self._password = widgets.Text(), widgets.Password()
        self._approval = column(
            labelled(self._approver, "Approver (an admin of the store)"),
            labelled(self._password, "The approver's password"),
            button("Approve", guarded(self._approve, notice)),
        )
        self._deal = column(
            self._kept,
            self._acts,
            self._reason_box,
            self._approval,
            heading("Documents", 3),
            row(button("Make the documents", guarded(self._make_files, notice), kind="primary")),
            self._files,
            row(button("Make another quote", guarded(self._step.close_quote, notice), kind="link")),
        )
        self.box = column(
            heading(self._step.title),
            prose("Quote the purchase to a client, hold its stock, and hand the papers over.",
                  kind="lead"),
            self._role,
            notice,
            self._form,
            self._deal,
        )  # fmt: skip

    def refresh(self) -> None:
        """Show what the model says now."""
        self._is_filling = True
        try:
            self._fill()
        finally:
            self._is_filling = False
        step = self._step
        self._role.value = render("notice", text=step.why_not, kind="info") if step.why_not else ""
        show(self._form, not step.reference)
        show(self._deal, bool(step.reference))
        if step.reference:
            self._show_deal()
        else:
            self._show_work()

    def _make_form(self) -> widgets.VBox:
        client = self._client
        return column(
            heading("Client", 3),
            labelled(self._known, "Known client"),
            row(labelled(client["name"], "Name"), labelled(client["company"], "Company")),
            row(labelled(client["email"], "E-mail"), labelled(client["phone"], "Telephone")),
            labelled(client["address"], "Address"),
            labelled(
                self._project, "Project", "As the client calls it; the metric's name without."
            ),
            heading("Terms", 3),
            labelled(self._introducer, "Introducer", "Whose account sets the discount."),
            _field(self._offset),
            Disclosure(
                "charges by hand",
                self._charges.box,
                row(button("Add a charge", self._page.guarded(self._charges.add, self._notice))),
            ),
            Disclosure(
                "units from outside the market",
                prose(
                    "They are taken off what is owed; the purchase covers the rest.", kind="help"
                ),
                self._outside.box,
                row(button("Add a line", self._page.guarded(self._outside.add, self._notice))),
            ),
            row(self._work),
            self._working,
            self._preview,
            self._keeps,
        )

    def _fill(self) -> None:
        form = self._step.form
        for name, value in asdict(form.client).items():
            if self._client[name].value != value:
                self._client[name].value = value
        self._project.value, self._offset.value = form.project, form.surplus_offset
        customers = {
            ", ".join(filter(None, (each.name, each.company))): each
            for each in self._step.customers()
        }
        self._customers = customers
        options = (_NEW, *customers)
        if tuple(self._known.options) != options:
            self._known.options = options
        introducers = (_NOBODY, *self._step.introducers())
        if tuple(self._introducer.options) != introducers:
            self._introducer.options = introducers
        wanted = form.introducer or _NOBODY
        self._introducer.value = wanted if wanted in introducers else _NOBODY
        self._charges.show([(each.description, each.amount) for each in form.charges])
        self._outside.show(form.outside)

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
        if self._is_filling:
            return
        client = Client(**{name: field.value for name, field in self._client.items()})
        introducer = self._introducer.value
        self._step.fill(
            client=client,
            project=self._project.value,
            introducer="" if introducer in (None, _NOBODY) else introducer,
            surplus_offset=self._offset.value,
            charges=tuple(ChargeRow(*cells) for cells in self._charges.read()),
            outside=self._outside.read(),
        )

    def _show_work(self) -> None:
        step = self._step
        running = step.working
        self._working.value = render(
            "quote_working",
            title=running.title if running.is_running else "",
            lines=running.lines() if running.is_running else (),
            failure=() if running.job is None or step.content else running.job.error,
        )
        self._preview.value = (
            ""
            if step.content is None
            else render(
                "quote_lines", priced=step.content.priced, plan=step.content.plan,
                change=step.change, title="What the client pays",
            )
        )  # fmt: skip
        show(self._keeps, step.content is not None)
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
        self._typed()
        self._step.work_out()

    def _keeping(self, reserve: bool) -> Callable[[], None]:
        def keep() -> None:
            self._step.keep(reserve=reserve)
            held = ", and its stock is reserved" if reserve else ""
            self._notice.show_info(f"{self._step.reference} is kept as a draft{held}.")

        return keep

    def _show_deal(self) -> None:
        view = self._step.view
        if view is None:
            return
        self._kept.value = render("quote_kept", view=view) + render(
            "quote_lines", priced=view.priced, plan=view.plan, change="", title="Lines"
        )
        steps = self._step.steps()
        self._acts.children = [
            button(_ACTS[name][0], self._page.guarded(self._acting(name), self._notice),
                   kind=_ACTS[name][1])
            for name in steps
        ]  # fmt: skip
        show(self._reason_box, bool({"withdraw", "cancel"} & set(steps)))
        show(self._approval, view.awaits_approval)
        self._show_files()

    def _acting(self, name: str) -> Callable[[], None]:
        def act() -> None:
            self._step.act(name, self._reason.value)
            self._notice.show_info(f"Done: {_ACTS[name][0].lower()}.")

        return act

    def _approve(self) -> None:
        password, self._password.value = self._password.value, ""
        self._step.approve(self._approver.value, password)
        self._notice.show_info("The quote is approved.")

    def _make_files(self) -> None:
        self._notice.show_info("Making the documents…")
        found = self._step.make_documents()
        self._notice.clear()
        if found.not_made:
            self._notice.show_findings(found.not_made, kind="warning")

    def _show_files(self) -> None:
        documents = self._step.documents
        if documents is self._listed:
            return
        self._listed = documents
        self._files.children = (
            []
            if documents is None
            else [
                button(
                    f"Download {each.file_name} ({max(1, len(each.content) // 1024)} kB)",
                    self._page.guarded(self._downloading(each), self._notice),
                    kind="chip",
                )
                for each in documents.made
            ]
        )

    def _downloading(self, document: Any) -> Callable[[], None]:
        def download() -> None:
            self._page.link.download(document.file_name, document.content, document.media_type)

        return download


class _Rows:
    """Lines of two texts each."""

    def __init__(self, labels: tuple[str, str], on_change: Callable[..., None]) -> None:
        self._labels, self._on_change = labels, on_change
        self._fields: list[tuple[widgets.Text, widgets.Text]] = []
        self.box = column()

    def read(self) -> list[tuple[str, str]]:
        """Return what stands in the lines."""
        return [(first.value, second.value) for first, second in self._fields]

    def show(self, rows: list[tuple[str, str]]) -> None:
        """Show lines; those that are right already stay untouched."""
        if rows == self.read():
            return
        while len(self._fields) < len(rows):
            self._fields.append(self._make(len(self._fields) + 1))
        del self._fields[len(rows) :]
        for fields, cells in zip(self._fields, rows, strict=True):
            for field, text in zip(fields, cells, strict=True):
                field.value = text
        self.box.children = [row(*map(_parent, fields)) for fields in self._fields]

    def add(self) -> None:
        """Add a blank line."""
        self.show([*self.read(), ("", "")])
        self._on_change()

    def _make(self, number: int) -> tuple[widgets.Text, widgets.Text]:
        made = []
        for label in self._labels:
            field = widgets.Text(continuous_update=False)
            field.box = labelled(field, f"{label}, line {number}")
            field.observe(self._on_change, "value")
            made.append(field)
        return made[0], made[1]


class _OutsideRows:
    """Lines of units from outside the market."""

    def __init__(self, on_change: Callable[..., None]) -> None:
        self._on_change = on_change
        self._lines: list[dict[str, Any]] = []
        self.box = column()

    def read(self) -> tuple[OutsideRow, ...]:
        """Return what stands in the lines."""
        return tuple(
            OutsideRow(**{name: field.value for name, field in line.items()})
            for line in self._lines
        )

    def show(self, rows: tuple[OutsideRow, ...]) -> None:
        """Show lines; those that are right already stay untouched."""
        if rows == self.read():
            return
        while len(self._lines) < len(rows):
            self._lines.append(self._make(len(self._lines) + 1))
        del self._lines[len(rows) :]
        for line, content in zip(self._lines, rows, strict=True):
            for name, value in asdict(content).items():
                line[name].value = value
        self.box.children = [row(*map(_parent, line.values())) for line in self._lines]

    def add(self) -> None:
        """Add a blank line."""
        self.show((*self.read(), OutsideRow()))
        self._on_change()

    def _make(self, number: int) -> dict[str, Any]:
        names = [name for ledger in Ledger for name in habitat_names(ledger.value)[1:]]
        fields: dict[str, Any] = {
            "description": widgets.Text(continuous_update=False),
            "habitat": widgets.Combobox(options=names, continuous_update=False),
            "units": widgets.Text(continuous_update=False),
            "price": widgets.Text(continuous_update=False),
            "category": widgets.Dropdown(options=_CATEGORIES),
            "supplier": widgets.Text(continuous_update=False),
        }
        labels = (
            "What it is",
            "Habitat",
            "Units",
            "Price per unit [£]",
            "Spatial risk",
            "Supplier",
        )
        for field, label in zip(fields.values(), labels, strict=True):
            field.box = labelled(field, f"{label}, line {number}")
            field.observe(self._on_change, "value")
        return fields


def _parent(field: Any) -> widgets.Widget:
    return field.box


def _field(widget: widgets.Widget) -> widgets.VBox:
    return column(widget, name="field")
