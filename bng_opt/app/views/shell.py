"""The frame of the page: who acts, the steps, the step that is shown, and the way on."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

import ipywidgets as widgets

from bng_opt.app.state.history import History
from bng_opt.app.views.kit import Notice, button, column, html, render, row, show
from bng_opt.app.views.page import Page
from bng_opt.app.views.step_nav import StepNav

if TYPE_CHECKING:
    from bng_opt.app.state.step import Step

_VIEWS = {
    "metric": "MetricView",
    "site": "SiteView",
    "market": "MarketView",
    "optimise": "OptimiseView",
    "result": "ResultView",
    "quote": "QuoteView",
    "history": "HistoryView",
}
"""The view of each step, in the module of its key; made when the step is first shown."""


class View(Protocol):
    """What the frame asks of a view."""

    box: widgets.Box

    def refresh(self) -> None:
        """Show what the model says now; called whenever the step is shown or has changed."""


class Shell:
    """The frame around the steps.

    Attributes
    ----------
    box
        The whole page as a widget.
    """

    def __init__(self, page: Page) -> None:
        self._page, self._session = page, page.session
        self._views: dict[str, View] = {}
        self.notice = Notice()
        self._who = html("who", services=self._session.services)
        self._nav = StepNav(self._go)
        self._panel = column(name="panel")
        self._back = button("Back", self._turn(-1))
        self._on = button("Next", self._turn(1), kind="primary")
        self._blockers = html()
        self._ways = column(row(self._back, self._on), self._blockers, name="ways")
        history = button("History", lambda *_: self._go(History.key), kind="link")
        self._out = button("Sign out", lambda *_: page.link.leave("logout"), kind="link")
        show(self._out, False)
        top = row(self._who, row(history, self._out), name="top")
        self.box = column(top, self._nav, self.notice, self._panel, self._ways, name="app")
        self._session.changed.connect(self._changed)
        self._changed(None)

    def show_who(self) -> None:
        """Show who acts."""
        self._who.value = render("who", services=self._session.services)
        show(self._out, self._session.services.signed_in)

    def _turn(self, ahead: int) -> Any:
        def turn(*_: Any) -> None:
            step = self._session.neighbour(ahead)
            if step is not None:
                self._go(step.key)

        return turn

    def _go(self, key: str) -> None:
        if self._page.attempt(lambda: self._session.go(key), self.notice):
            self._page.link.focus(".bng-panel h2")

    def _view(self, key: str) -> View:
        if key not in self._views:
            module = import_module(f"bng_opt.app.views.{key}")
            self._views[key] = getattr(module, _VIEWS[key])(self._page)
        return self._views[key]

    def _changed(self, step: Step | None) -> None:
        """Show what changed: the step that is shown, the ticks, the way on, the draft."""
        current = self._session.current
        view = self._view(current)
        if step is None or step.key == current:
            view.refresh()
        if tuple(self._panel.children) != (view.box,):
            self._panel.children = (view.box,)
        self._nav.steps = [
            {"key": each.key, "title": each.title, "done": each.is_done, "summary": each.summary()}
            for each in self._session.steps
        ]
        self._nav.current = current
        self._show_ways()

    def _show_ways(self) -> None:
        before, after = self._session.neighbour(-1), self._session.neighbour(1)
        show(self._ways, before is not None or after is not None)
        self._back.disabled = before is None
        show(self._on, after is not None)
        if after is not None:
            missing = self._session.blockers(after.key)
            self._on.description = f"Next: {after.title}"
            self._on.disabled = bool(missing)
            self._blockers.value = render("blockers", blockers=missing)
        else:
            self._blockers.value = ""
