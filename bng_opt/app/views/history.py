"""The view of the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.history import PAGE, History, QuoteEntry, RunEntry, compared_rows
from bng_opt.app.views.kit import (
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


class HistoryView:
    """Lists of runs and quotes, and two of them side by side."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._history: History = page.session.history
        self._notice = Notice()
        self._search = widgets.Text(continuous_update=False, placeholder="Project, place, client")
        self._mine = widgets.Checkbox(description="Only my runs", indent=False)
        for field in (self._search, self._mine):
            field.observe(self._look, "value")
        self._runs, self._quotes = column(name="entries"), column(name="entries")
        self._count = html()
        guarded, notice = page.guarded, self._notice
        self._newer = button("Newer runs", guarded(lambda: self._history.turn(-1), notice))
        self._older = button("Older runs", guarded(lambda: self._history.turn(1), notice))
        self._compared = html()
        self._back = button("Back to the steps", guarded(self._leave, notice), kind="link")
        self.box = column(
            heading(self._history.title),
            prose("Every search and every quote is kept: open it, repeat it, or compare two.",
                  kind="lead"),
            row(self._back),
            row(labelled(self._search, "Search"), column(self._mine, name="field")),
            notice,
            self._compared,
            heading("Quotes", 3),
            self._quotes,
            heading("Searches", 3),
            self._count,
            self._runs,
            row(self._newer, self._older),
        )  # fmt: skip
        self._history.changed.connect(lambda _: self.refresh())

    def refresh(self) -> None:
        """Show what the store has now."""
        self._page.attempt(self._show, self._notice)

    def _show(self) -> None:
        runs, total = self._history.runs()
        quotes = self._history.quotes()
        self._runs.children = [self._run(each) for each in runs] or [prose("None yet.")]
        self._quotes.children = [self._quote(each) for each in quotes] or [prose("None yet.")]
        first = self._history.page * PAGE
        last = first + len(runs)
        words = f"{first + 1} to {last} of {total}" if total else ""
        self._count.value = render("prose", text=words, kind="help") if words else ""
        self._newer.disabled = first == 0
        self._older.disabled = last >= total
        sides = self._history.comparison()
        self._compared.value = (
            ""
            if sides is None
            else render("history_compared", sides=sides, rows=list(compared_rows(*sides)))
        )
        show(self._compared, sides is not None)

    def _run(self, entry: RunEntry) -> widgets.Widget:
        history = self._history
        buttons = [
            self._act(f"Open {entry.title}", "Open", lambda: history.open_run(entry.id)),
            self._act(f"Repeat {entry.title}", "Repeat", lambda: history.repeat_run(entry.id)),
        ]
        if entry.is_running:
            buttons.append(self._act("", "Stop", lambda: history.cancel_run(entry.id)))
        if entry.has_result:
            buttons.append(self._picker("run", entry.id))
        return row(html("history_run", entry=entry), row(*buttons), name="entry")

    def _quote(self, entry: QuoteEntry) -> widgets.Widget:
        history = self._history
        return row(
            html("history_quote", entry=entry),
            row(
                self._act(f"Open {entry.id}", "Open", lambda: history.open_quote(entry.id)),
                self._act(f"Repeat {entry.id}", "Repeat", lambda: history.repeat_quote(entry.id)),
                self._picker("quote", entry.id),
            ),
            name="entry",
        )

    def _picker(self, kind: str, entry_id: str) -> widgets.Button:
        picked = (kind, entry_id) in self._history.picked
        label = "Don't compare" if picked else "Compare"
        return self._act(f"{label} {entry_id}", label, lambda: self._history.pick(kind, entry_id))

    def _act(self, tooltip: str, label: str, action: Callable[[], None]) -> widgets.Button:
        handler = self._page.guarded(action, self._notice)
        return button(label, handler, kind="chip", tooltip=tooltip)

    def _look(self, _: Mapping[str, Any]) -> None:
        self._history.look_for(self._search.value, mine=self._mine.value)

    def _leave(self) -> None:
        session = self._page.session
        first = next((step for step in session.steps if step.blockers()), session.quote)
        session.go(first.key)
