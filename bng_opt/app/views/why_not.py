"""The question why a bank isn't bought from, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from bng_opt.app.state.optimise import bank_label
from bng_opt.app.views.around import set_html
from bng_opt.app.views.kit import column, heading, html, labelled, render

if TYPE_CHECKING:
    from bng_opt.app.state.result import ResultStep
    from bng_opt.app.views.kit import Notice
    from bng_opt.app.views.page import Page
    from bng_opt.market import Market


class WhyNotView:
    """A searchable field for any bank of the market, and what is said of it.

    Attributes
    ----------
    box
        The whole as a widget.
    """

    def __init__(self, page: Page, step: ResultStep, notice: Notice) -> None:
        self._page, self._step, self._notice = page, step, notice
        self._labels: dict[str, str] = {}
        self._is_filling = False
        self._field = widgets.Combobox(continuous_update=False, placeholder="Begin to type a name")
        self._field.observe(self._asked, "value")
        self._answer = html()
        self.box = column(
            heading("Why not this bank?", 3),
            labelled(self._field, "Bank of the market", "Choosing it marks it on the map too."),
            self._answer,
            name="why-not",
        )

    def offer(self, market: Market) -> None:
        """Offer the banks of a market."""
        self._labels = {bank_label(bank): bank.bank_id for bank in market.banks}
        self._field.options = tuple(sorted(self._labels))

    def show(self, bank_id: str) -> None:
        """Say why a bank isn't bought from; of none, nothing."""
        why = self._step.why_not(bank_id)
        set_html(self._answer, "" if why is None else render("result_why", why=why))
        label = next((name for name, each in self._labels.items() if each == bank_id), "")
        if self._labels.get(self._field.value, "") != bank_id:
            self._is_filling = True
            self._field.value = label
            self._is_filling = False

    def _asked(self, change: Mapping[str, Any]) -> None:
        if not self._is_filling:
            self._page.attempt(lambda: self._ask(change["new"]), self._notice)

    def _ask(self, text: str) -> None:
        if not text.strip():
            self._step.choose_bank("")
        elif (bank_id := self._labels.get(text)) is not None:
            self._step.choose_bank(bank_id)
        else:
            self._notice.show_error(
                f'The market has no bank called "{text.strip()}": choose one from the list.'
            )
