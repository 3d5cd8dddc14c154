"""The view of the step Metric."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.metric import TABLES, WORKBOOKS, NeedRow, habitat_names
from bng_opt.app.views.file_drop import FileDrop
from bng_opt.app.views.kit import (
    Disclosure,
    Notice,
    button,
    column,
    heading,
    html,
    prose,
    render,
    row,
)
from bng_opt.app.views.page import Page
from bng_opt.metric.requirement import LedgerRequirement, Requirement
from bng_opt.quantities import units_text
from bng_opt.reference import Ledger

_LEDGERS = {"Area habitats": "area", "Hedgerows": "hedgerow", "Watercourses": "watercourse"}


class MetricView:
    """Shows where the need comes from, and what it is."""

    def __init__(self, page: Page) -> None:
        self._page, self._step = page, page.session.metric
        self._notice = Notice()
        self._need = html()
        self._rows = _Rows(self._type)
        most_mb = page.session.services.settings.app_upload_mb
        drop = FileDrop(
            "Metric workbook (.xlsx or .xlsm)", ",".join(WORKBOOKS + TABLES), most_mb, self._read
        )
        example = button("Use the example", page.guarded(self._example, self._notice))
        use = button("Use these lines", page.guarded(self._use, self._notice))
        add = button("Add a line", page.guarded(self._rows.add, self._notice))
        typed = Disclosure(
            "lines to type the need in",
            prose(
                "Units still missing, ledger by ledger, before any spatial risk multiplier. "
                "Net gain may be met by any habitat of the ledger.",
                kind="help",
            ),
            self._rows.box,
            row(add, use),
        )
        self.box = column(
            heading(self._step.title),
            prose(
                "Give the statutory metric workbook of the development. It is read here and "
                "now, and stays on this machine.",
                kind="lead",
            ),
            drop,
            row(example),
            typed,
            self._notice,
            self._need,
        )

    def refresh(self) -> None:
        """Show what the model says now."""
        self._rows.show(self._step.rows)
        requirement = self._step.requirement
        if requirement is None:
            self._need.value = ""
            return
        self._need.value = render(
            "metric_need",
            requirement=requirement,
            source=self._step.source,
            ledgers=[
                (title, requirement.ledgers[Ledger(name)], list(_lines(requirement, Ledger(name))))
                for title, name in _LEDGERS.items()
                if _matters(requirement.ledgers[Ledger(name)])
            ],
        )

    def _read(self, name: str, content: bytes) -> None:
        had = self._step.requirement is not None
        if self._page.attempt(lambda: self._step.read_file(name, content), self._notice):
            self._notice.show_info(f"{name} was read.")
        elif had:
            self._page.link.announce("The file was not taken; the need is the one before.")

    def _example(self) -> None:
        self._step.load_example()
        self._notice.show_info("The example is a development that we made up.")

    def _use(self) -> None:
        self._step.type_rows(self._rows.read())
        self._step.use_rows()

    def _type(self) -> None:
        self._step.type_rows(self._rows.read())


class _Rows:
    """The typed lines: a ledger, a habitat and units each."""

    def __init__(self, on_change: Any) -> None:
        self._on_change = on_change
        self._lines: list[_Line] = []
        self._is_showing = False
        self.box = column(name="need-rows")

    def read(self) -> tuple[NeedRow, ...]:
        """Return what stands in the lines."""
        return tuple(line.read() for line in self._lines)

    def add(self) -> None:
        """Add a blank line."""
        self.show((*self.read(), NeedRow()))
        self._changed()

    def show(self, rows: tuple[NeedRow, ...]) -> None:
        """Show lines; those that are right already stay untouched."""
        if rows == self.read():
            return
        self._is_showing = True
        try:
            while len(self._lines) < len(rows):
                self._lines.append(_Line(len(self._lines) + 1, self._changed))
            del self._lines[len(rows) :]
            for line, content in zip(self._lines, rows, strict=True):
                line.show(content)
            self.box.children = [line.box for line in self._lines]
        finally:
            self._is_showing = False

    def _changed(self, *_: Any) -> None:
        if not self._is_showing:
            self._on_change()


class _Line:
    """One line."""

    def __init__(self, number: int, on_change: Any) -> None:
        self._ledger = widgets.Dropdown(options=_LEDGERS, description=f"Ledger of line {number}")
        self._habitat = widgets.Combobox(
            description=f"Habitat of line {number}", options=habitat_names("area"),
            continuous_update=False, placeholder="Type to search",
        )  # fmt: skip
        self._units = widgets.Text(description="Units missing", continuous_update=False)
        for field in (self._ledger, self._habitat, self._units):
            field.style.description_width = "initial"
            field.layout.width = "auto"
            field.add_class("bng-field")
            field.observe(on_change, "value")
        self._ledger.observe(self._offer, "value")
        self.box = row(self._ledger, self._habitat, self._units)
        self.box.add_class("bng-need-row")

    def read(self) -> NeedRow:
        """Return what stands in the line."""
        return NeedRow(self._ledger.value, self._habitat.value, self._units.value)

    def show(self, content: NeedRow) -> None:
        """Show a line."""
        self._ledger.value = content.ledger
        self._habitat.value, self._units.value = content.habitat, content.units

    def _offer(self, _: Any) -> None:
        self._habitat.options = habitat_names(self._ledger.value)


def _matters(position: LedgerRequirement) -> bool:
    return bool(position.baseline or position.changes or position.need)


def _lines(requirement: Requirement, ledger: Ledger) -> Iterator[tuple[str, str, str]]:
    """Yield what is still missing in a ledger: of what, under which rule, how much."""
    position = requirement.ledgers[ledger]
    for shortfall in position.settlement.shortfalls:
        account = shortfall.account
        what = account.key if account.habitat else f"{account.key} ({account.band.value})"
        yield what, account.rule_words, units_text(shortfall.units)
    if position.net_gain_extra > 0:
        yield "Net gain", "any habitat of the ledger", units_text(position.net_gain_extra)
