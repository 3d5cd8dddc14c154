"""The view of the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.history import (
    EVERYTHING,
    PAGE,
    QUOTE,
    RUN,
    History,
    Listed,
    QuoteEntry,
    RunEntry,
)
from bng_opt.app.state.moments import moment_text
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
from bng_opt.market.store.tables import JobState, QuoteState

_WANTED = {
    "Searches and quotes": EVERYTHING,
    "All searches": RUN,
    "Searches: waiting": JobState.QUEUED,
    "Searches: running": JobState.RUNNING,
    "Searches: finished": JobState.DONE,
    "Searches: without an answer": JobState.FAILED,
    "Searches: stopped": JobState.CANCELLED,
    "All quotes": QUOTE,
    "Quotes: drafts": QuoteState.DRAFT,
    "Quotes: sent": QuoteState.SENT,
    "Quotes: accepted": QuoteState.ACCEPTED,
    "Quotes: expired": QuoteState.EXPIRED,
    "Quotes: withdrawn": QuoteState.WITHDRAWN,
}
_HINT = "Pick a second one to compare it with."


class HistoryView:
    """Lists of runs and quotes, and two of them side by side."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._history: History = page.session.history
        self._notice = Notice()
        self._is_filling = self._is_watched = False
        self._search = widgets.Text(continuous_update=False)
        self._wanted = widgets.Dropdown(options=list(_WANTED.items()))
        self._mine = widgets.Checkbox(description="Only mine", indent=False)
        for field in (self._search, self._wanted, self._mine):
            field.observe(self._look, "value")
        guarded, notice, history = page.guarded, self._notice, self._history
        self._compared, self._hint = html(), html()
        self._put_back = button("Close the comparison", guarded(history.put_back, notice))
        self._lists = {
            QUOTE: _List(self, "quotes", QUOTE),
            RUN: _List(self, "searches", RUN),
        }
        filters = row(
            labelled(self._search, "Search", "Project, place, client, reference or person."),
            labelled(self._wanted, "Show"),
            column(self._mine, name="field"),
            name="fields",
        )
        self.box = column(
            heading(history.title),
            prose("Every search and every quote is kept: open it, repeat it, or compare two.",
                  kind="lead"),
            row(button("Back to the steps", guarded(self._leave, notice), kind="link"),
                button("Look again", guarded(history.look_again, notice), kind="link")),
            filters,
            notice,
            self._hint,
            self._compared,
            row(self._put_back),
            self._lists[QUOTE].box,
            self._lists[RUN].box,
        )  # fmt: skip
        history.changed.connect(lambda _: self.refresh())

    def refresh(self) -> None:
        """Show what the store has now."""
        self._page.attempt(self._show, self._notice)

    def act(self, kind: str, action: str, entry_id: str) -> None:
        """Do what a button of an entry says."""
        history = self._history
        actions: Mapping[str, Callable[[], None]] = {
            "open": lambda: (
                history.open_run(entry_id) if kind == RUN else history.open_quote(entry_id)
            ),
            "repeat": lambda: (
                history.repeat_run(entry_id) if kind == RUN else history.repeat_quote(entry_id)
            ),
            "stop": lambda: history.cancel_run(entry_id),
            "pick": lambda: history.pick(kind, entry_id),
        }
        self._page.attempt(actions[action], self._notice)

    def turn(self, kind: str, pages: int) -> None:
        """Show another page of a list."""
        self._page.attempt(lambda: self._history.turn(kind, pages), self._notice)

    def _show(self) -> None:
        history = self._history
        self._fill()
        runs = history.runs() if history.lists(RUN) else None
        self._lists[RUN].show(runs, history.picked)
        self._lists[QUOTE].show(history.quotes() if history.lists(QUOTE) else None, history.picked)
        self._hint.value = (
            render("prose", text=_HINT, kind="help") if len(history.picked) == 1 else ""
        )
        if runs is not None and any(each.is_running for each in runs.entries):
            self._watch()
        # Last, as it may fail: the lists have to stay usable then.
        self._compared.value, both = "", len(history.picked) == 2
        show(self._put_back, both)
        compared = history.comparison()
        if compared is not None:
            moments = [moment_text(side.at) for side in (compared.first, compared.second)]
            self._compared.value = render("history_compared", compared=compared, moments=moments)

    def _fill(self) -> None:
        history, self._is_filling = self._history, True
        try:
            self._search.value, self._mine.value = history.search, history.mine
            self._wanted.value = history.wanted
        finally:
            self._is_filling = False

    def _watch(self) -> None:
        if not self._is_watched:
            self._is_watched = True
            self._page.watch(self._still_runs, self._notice)

    def _still_runs(self) -> bool:
        """Show how runs stand while some are under way and the page shows the history."""
        history = self._history
        self._is_watched = False
        if self._page.session.current != history.key or not history.lists(RUN):
            return False
        listed = history.runs()
        self._lists[RUN].show(listed, history.picked)
        self._is_watched = any(each.is_running for each in listed.entries)
        return self._is_watched

    def _look(self, _: Mapping[str, Any]) -> None:
        if not self._is_filling:
            self._page.attempt(
                lambda: self._history.look_for(
                    self._search.value, mine=self._mine.value, wanted=self._wanted.value
                ),
                self._notice,
            )

    def _leave(self) -> None:
        session = self._page.session
        first = next((step for step in session.steps if step.blockers()), session.quote)
        session.go(first.key)


class _List:
    """A page of runs or of quotes; its rows stay, and show other entries."""

    def __init__(self, view: HistoryView, name: str, kind: str) -> None:
        self._name = name
        self._rows = [_Row(view, kind) for _ in range(PAGE)]
        self._count = html()
        self._newer = button(f"Newer {name}", lambda *_: view.turn(kind, -1))
        self._older = button(f"Older {name}", lambda *_: view.turn(kind, 1))
        self._ways = row(self._newer, self._older)
        self.box = column(
            heading(name.capitalize(), 3),
            self._count,
            column(*(each.box for each in self._rows), name="entries"),
            self._ways,
        )

    def show(
        self,
        listed: Listed[RunEntry] | Listed[QuoteEntry] | None,
        picked: Sequence[tuple[str, str]],
    ) -> None:
        """Show a page; None leaves the list away."""
        show(self.box, listed is not None)
        if listed is None:
            return
        words = listed.words if listed.total else f"No {self._name} are found."
        self._count.value = render("prose", text=words, kind="help")
        show(self._ways, listed.total > PAGE)
        self._newer.disabled, self._older.disabled = listed.page == 0, listed.is_last
        for place, each in enumerate(self._rows):
            each.show(listed.entries[place] if place < len(listed.entries) else None, picked)


class _Row:
    """One entry with its buttons."""

    def __init__(self, view: HistoryView, kind: str) -> None:
        self._kind = kind
        self._entry: RunEntry | QuoteEntry | None = None
        self._words = html()
        labels = {"open": "Open", "repeat": "Repeat", "stop": "Stop", "pick": "Compare"}
        self._buttons = {
            action: button(label, self._acting(view, action), kind="chip")
            for action, label in labels.items()
        }
        self.box = row(self._words, row(*self._buttons.values()), name="entry")

    def show(self, entry: RunEntry | QuoteEntry | None, picked: Sequence[tuple[str, str]]) -> None:
        """Show an entry; None leaves the row away."""
        self._entry = entry
        show(self.box, entry is not None)
        if entry is None:
            return
        at = moment_text(entry.at)
        self._words.value = render(f"history_{self._kind}", entry=entry, at=at)
        is_picked = (self._kind, entry.id) in picked
        self._buttons["pick"].description = "Don't compare" if is_picked else "Compare"
        is_run = isinstance(entry, RunEntry)
        show(self._buttons["stop"], isinstance(entry, RunEntry) and entry.is_running)
        show(self._buttons["pick"], not isinstance(entry, RunEntry) or entry.has_result)
        name = f"{entry.title} of {at}" if is_run else entry.id
        for each in self._buttons.values():
            each.tooltip = f"{each.description}: {name}"

    def _acting(self, view: HistoryView, action: str) -> Callable[..., None]:
        def act(*_: Any) -> None:
            if self._entry is not None:
                view.act(self._kind, action, self._entry.id)

        return act
