"""The view of the step Metric."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bng_opt.app.state.metric import TABLES, WORKBOOKS
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
from bng_opt.app.views.need_rows import LEDGERS, NeedRows
from bng_opt.app.views.page import Page
from bng_opt.metric.requirement import LedgerRequirement, Requirement
from bng_opt.quantities import units_text
from bng_opt.reference import Ledger


class MetricView:
    """Shows where the need comes from, and what it is."""

    def __init__(self, page: Page) -> None:
        self._page, self._step = page, page.session.metric
        self._notice = Notice()
        self._kept = html()
        self._need = html()
        self._rows = NeedRows(page, self._type)
        most_mb = page.session.services.settings.app_upload_mb
        drop = FileDrop(
            "Metric workbook (.xlsx or .xlsm)", ",".join(WORKBOOKS + TABLES), most_mb, self._read
        )
        self._typed = Disclosure(
            "lines to type the need in",
            prose(
                "Units still missing, ledger by ledger, before any spatial risk multiplier. "
                "Net gain may be met by any habitat of the ledger. A table of such lines "
                "(.csv with ledger, habitat and units) can be dropped above too.",
                kind="help",
            ),
            self._rows.box,
            row(
                button("Add a line", self._rows.add),
                button("Use these lines", self._doing(self._use)),
            ),
        )
        self.box = column(
            heading(self._step.title),
            prose(
                "Give the statutory metric workbook of the development. It is read here and "
                "now, and stays on this machine.",
                kind="lead",
            ),
            drop,
            row(button("Use the example", self._doing(self._example))),
            self._typed,
            self._notice,
            self._kept,
            self._need,
        )

    def refresh(self) -> None:
        """Show what the model says now."""
        if self._rows.show(self._step.rows) and not all(row.is_blank for row in self._step.rows):
            self._typed.unfold()
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
                for title, name in LEDGERS.items()
                if _matters(requirement.ledgers[Ledger(name)])
            ],
        )

    def _read(self, name: str, content: bytes) -> None:
        def read() -> None:
            self._step.read_file(name, content)
            self._notice.show_info(f"{name} was read.")

        self._do(read)

    def _example(self) -> None:
        self._step.load_example()
        self._notice.show_info("The example is a development that we made up.")

    def _use(self) -> None:
        self._step.type_rows(self._rows.read())
        self._step.use_rows()

    def _type(self) -> None:
        self._step.type_rows(self._rows.read())

    def _doing(self, action: Callable[[], None]) -> Callable[..., None]:
        def do(*_: Any) -> None:
            self._do(action)

        return do

    def _do(self, action: Callable[[], None]) -> None:
        """Do something; where it fails, say that the need is still the one before."""
        went_well = self._page.attempt(action, self._notice)
        kept = ""
        if not went_well and self._step.requirement is not None:
            kept = f"Nothing was lost: the need below is still the one from {self._step.source}."
        self._kept.value = render("prose", text=kept, kind="kept") if kept else ""


def _matters(position: LedgerRequirement) -> bool:
    return bool(position.baseline or position.changes or position.need)


def _lines(requirement: Requirement, ledger: Ledger) -> Iterator[tuple[str, str, str]]:
    """Yield what is still missing in a ledger: of what, under which rule, how much."""
    position = requirement.ledgers[ledger]
    for shortfall in position.settlement.shortfalls:
        account = shortfall.account
        if account.habitat:
            what = account.key
        elif account.key == account.band.value:
            what = f"Habitats of {account.key} distinctiveness"
        else:
            what = f"{account.key} of {account.band.value} distinctiveness"
        yield what, account.rule_words, units_text(shortfall.units)
    if position.net_gain_extra > 0:
        yield "Net gain", "any habitat of the ledger", units_text(position.net_gain_extra)
