"""The view of the step Optimise: the wishes, and the search as it goes on."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.optimise import OptimiseStep
from bng_opt.app.views.bank_list import BankList
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
from bng_opt.optimiser.policy import Mode, Quoted, SizeBy

_MODES = {
    "Statutory: what the metric itself demands. Trading is tested on units before the spatial "
    "risk multiplier.": Mode.STATUTORY,
    "Like for like: the cautious reading that many sellers and some authorities ask for. Trading "
    "is tested after the multiplier too, so it may cost more.": Mode.LIKE_FOR_LIKE,
}
_SIZES = {
    "By the whole need: one contract size for all banks": SizeBy.QUOTE,
    "By bank: what is bought from each decides its own size": SizeBy.BANK,
}
_QUOTED = {
    "Count as free": Quoted.IGNORE,
    "Hold half of them back": Quoted.HALF,
    "Hold all of them back": Quoted.ALL,
}


class OptimiseView:
    """The wishes, the button that starts, and how the search stands."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._step: OptimiseStep = page.session.optimise
        self._notice = Notice()
        self._fields: dict[str, Any] = {}
        self._is_filling = self._is_watched = False
        self._wrong = html()
        self._start = button("", page.guarded(self._begin, self._notice), kind="primary")
        self._missing, self._search = html(), html()
        self._keep = button(
            "Stop and keep the best", page.guarded(self._stop_and_keep, self._notice)
        )
        self._discard = button(
            "Stop and discard", page.guarded(self._stop_and_discard, self._notice), kind="danger"
        )
        self._stops = row(self._keep, self._discard)
        self._panel = column(self._search, self._stops, name="search")
        lists = self._bank_lists()
        self._lists = lists
        self.box = column(
            heading(self._step.title),
            prose(
                "Say what you wish, then start: the search finds the cheapest lawful purchase and "
                "proves that nothing cheaper is lawful.",
                kind="lead",
            ),
            *self._main_fields(),
            Disclosure("wishes about banks", *self._bank_fields(), *(each.box for each in lists)),
            Disclosure("finer settings", *self._finer_fields()),
            self._wrong,
            self._notice,
            self._start,
            self._missing,
            self._panel,
            name="optimise",
        )

    def refresh(self) -> None:
        """Show what the model says now, and go on watching a search that runs."""
        self._fill()
        for each in self._lists:
            each.refresh()
        self._show_start()
        self._show_search()
        if self._step.running.is_running and not self._is_watched:
            self._is_watched = True
            self._page.watch(self._look, self._notice)

    def _main_fields(self) -> list[widgets.Widget]:
        return [
            self._choice("mode", "How trading is tested", _MODES),
            self._text(
                "max_banks",
                "At most so many banks",
                "Blank for no limit. Fewer banks mean fewer contracts, and often a higher price.",
            ),
            self._tick(
                "credits",
                "Statutory credits as the last resort",
                "Only for what no bank on the market can lawfully supply.",
            ),
            self._text(
                "time_limit_s",
                "Time limit in seconds",
                "Blank for none. Where it comes first, the best lawful purchase so far is given, "
                "and by how much it could be too dear.",
            ),
        ]

    def _bank_fields(self) -> list[widgets.Widget]:
        return [
            self._text(
                "min_units_per_bank",
                "Least purchase from a bank, in units",
                "A bank that is used sells at least so much. Blank for none.",
            ),
            self._choice("quoted", "Units that are quoted to others", _QUOTED),
        ]

    def _bank_lists(self) -> tuple[BankList, BankList]:
        about = (self._page, self._step, self._notice)
        return (
            BankList(*about, "must_use", "Banks that must be used", "Each has to sell something."),
            BankList(*about, "must_not_use", "Banks that must not be used", "They are left out."),
        )

    def _finer_fields(self) -> list[widgets.Widget]:
        return [
            self._choice("size_by", "What decides the contract size, and so the price", _SIZES),
            prose("Contract sizes begin at so many units; below small it is fractional.", kind=""),
            row(
                self._text("small", "Small from", ""),
                self._text("medium", "Medium from", ""),
                self._text("large", "Large from", ""),
                name="thresholds",
            ),
            self._text(
                "market_step", "Units are sold in steps of", "0.01 unit is usual on the market."
            ),
            self._text(
                "gap_gbp",
                "Proven means: no lawful purchase is cheaper by more than, in pounds",
                "A finer proof may take longer.",
            ),
            self._tick(
                "anew", "Search anew", "Even where the answer is known from an earlier search."
            ),
        ]

    def _text(self, name: str, label: str, help_text: str) -> widgets.Widget:
        return self._field(name, widgets.Text(continuous_update=False), label, help_text)

    def _tick(self, name: str, label: str, help_text: str) -> widgets.Widget:
        return self._field(name, widgets.Checkbox(indent=False), label, help_text)

    def _choice(self, name: str, label: str, options: dict[str, Any]) -> widgets.Widget:
        values = [(words, each.value) for words, each in options.items()]
        return self._field(name, widgets.RadioButtons(options=values), label, "")

    def _field(self, name: str, widget: Any, label: str, help_text: str) -> widgets.Widget:
        self._fields[name] = widget

        def entered(change: Any) -> None:
            if not self._is_filling:
                self._page.attempt(lambda: self._step.wish(**{name: change["new"]}), self._notice)

        widget.observe(entered, "value")
        return labelled(widget, label, help_text)

    def _fill(self) -> None:
        """Set the fields to what was entered; those that say so already stay untouched."""
        self._is_filling = True
        try:
            for name, widget in self._fields.items():
                value = getattr(self._step.wishes, name)
                if widget.value != value:
                    widget.value = value
        finally:
            self._is_filling = False

    def _show_start(self) -> None:
        step = self._step
        findings, missing = step.findings, self._page.session.blockers(step.key)
        _set(self._wrong, render("findings", findings=findings, kind="error") if findings else "")
        _set(self._missing, render("blockers", blockers=missing))
        show(self._start, not step.running.is_running)
        self._start.description = "Start the search" if step.job is None else "Search again"
        self._start.disabled = bool(findings or missing)

    def _show_search(self) -> None:
        running = self._step.running
        show(self._panel, running.job is not None)
        show(self._stops, running.is_running)
        if running.job is None:
            return
        best = running.job.best
        self._keep.disabled = best is None or running.is_stopping
        self._discard.disabled = running.is_stopping
        values = {"title": running.title, "lines": running.lines()}
        share = running.share if running.is_running else None
        _set(
            self._search,
            render("optimise_search", **values, share=share, reasons=self._step.failure),
        )

    def _begin(self) -> None:
        self._step.start()
        if self._step.running.is_running:
            self._page.link.announce("The search has begun.")
            self._page.link.focus(".bng-search h3")
        else:
            self._tell_end()

    def _stop_and_keep(self) -> None:
        self._step.stop_and_keep()
        self._page.link.announce("The search stops; its best purchase is kept.")

    def _stop_and_discard(self) -> None:
        self._step.stop_and_discard()
        self._page.link.announce("The search was stopped and discarded.")
        self._page.link.focus(".bng-panel h2")

    def _look(self) -> bool:
        try:
            self._is_watched = self._step.refresh_job()
        except BaseException:
            self._is_watched = False
            raise
        if not self._is_watched:
            self._tell_end()
        return self._is_watched

    def _tell_end(self) -> None:
        running, session = self._step.running, self._page.session
        if running.job is None:
            return
        self._page.link.announce(" ".join((f"{running.title}.", *running.lines())))
        if session.current == session.result.key:
            self._page.link.focus(".bng-panel h2")
        elif session.current == self._step.key:
            self._page.link.focus(".bng-search h3")


def _set(widget: widgets.HTML, value: str) -> None:
    if widget.value != value:
        widget.value = value
