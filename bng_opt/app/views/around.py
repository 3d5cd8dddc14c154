"""What the purchase saves, what else could be bought, and the job that finds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from bng_opt.app.views.cost_chart import cost_chart
from bng_opt.app.views.kit import Disclosure, button, column, heading, html, render, row, show
from bng_opt.app.views.sort_table import SortColumn, SortTable
from bng_opt.optimiser.plan import PlanStatus

if TYPE_CHECKING:
    import ipywidgets as widgets

    from bng_opt.app.state.around import Around, EntryPrice
    from bng_opt.app.state.result import ResultStep
    from bng_opt.app.views.kit import Notice
    from bng_opt.app.views.page import Page

_ENTRIES = (
    SortColumn("name", "Bank", choice="Bank"),
    SortColumn("habitat", "Habitat", choice="Habitat"),
    SortColumn("price", "Price now", 2, 4, "£"),
    SortColumn("threshold", "Bought below", 2, before="£", blank="at no price"),
    SortColumn("cut", "Would have to fall by", 2, before="£", blank="in vain"),
    SortColumn("fee", "Fee that it adds", 2, before="£"),
    SortColumn("note", "Note"),
)


class AroundView:
    """Comparisons and alternatives, and the search that finds them.

    Attributes
    ----------
    box
        The whole as a widget.
    """

    def __init__(self, page: Page, step: ResultStep, notice: Notice) -> None:
        self._page, self._step, self._notice = page, step, notice
        self._is_watched = False
        self._shown: Around | None = None
        self._savings, self._state = html(), html()
        self._look = button("Look for alternatives", page.guarded(self._begin, notice))
        self._stop = button("Stop looking", page.guarded(self._end, notice))
        self._take = button("Show the cheaper purchase", page.guarded(self._take_found, notice))
        self._chart, self._others, self._margins = html(), html(), html()
        self._entries = SortTable("At which price others would be bought", _ENTRIES)
        self._found = column(
            heading("Cost against the number of banks", 3),
            self._chart,
            self._others,
            Disclosure(
                "what one more unit costs, and at which price others would come in",
                self._margins,
                self._entries,
            ),
        )
        self.box = column(
            heading("What it saves", 3),
            self._savings,
            self._state,
            row(self._look, self._stop, self._take),
            self._found,
            name="around",
        )

    def refresh(self) -> None:
        """Show what is known now, and go on watching a search that runs."""
        step, around = self._step, self._step.around
        running, plan = step.more, step.plan
        if plan is None:
            return
        set_html(self._savings, render("result_savings", comparisons=step.comparisons))
        set_html(
            self._state,
            render(
                "result_more",
                title=running.title if running.is_running else "",
                lines=running.lines() if running.is_running else (),
                failure=step.failure_of_more,
                is_found=around is not None,
                is_proven=plan.status is PlanStatus.OPTIMAL,
                cheaper=around.total_gbp if around and step.is_dearer_than_found else None,
            ),
        )
        show(self._look, around is None and not running.is_running)
        show(self._stop, running.is_running)
        show(self._take, step.is_dearer_than_found)
        show(self._found, around is not None)
        if around is not None and around is not self._shown:
            self._show_found(around)
        self._shown = around
        if running.is_running and not self._is_watched:
            self._is_watched = True
            self._page.watch(self._watch, self._notice)

    def _show_found(self, around: Around) -> None:
        self._chart.value = cost_chart(around.by_count)
        self._others.value = render(
            "result_others", by_count=around.by_count, others=around.others, base=around.total_gbp
        )
        self._margins.value = render("result_margins", around=around)
        self._entries.show(list(_entry_rows(around.entries)))
        show(self._entries, bool(around.entries))

    def _begin(self) -> None:
        self._step.start_more()
        self._page.link.announce("Looking for alternatives has begun.")

    def _end(self) -> None:
        self._step.stop_more()
        self._page.link.announce("Looking for alternatives was stopped.")

    def _take_found(self) -> None:
        self._step.take_found()
        self._page.link.focus(".bng-panel h2")

    def _watch(self) -> bool:
        try:
            self._is_watched = self._step.refresh_more()
        except BaseException:
            self._is_watched = False
            raise
        if not self._is_watched and self._step.around is not None:
            self._page.link.announce("Comparisons and alternatives are there.")
        return self._is_watched


def set_html(widget: widgets.HTML, value: str) -> None:
    """Show a text if it isn't shown already."""
    if widget.value != value:
        widget.value = value


def _entry_rows(entries: Iterable[EntryPrice]) -> Iterator[dict[str, Any]]:
    for each in entries:
        threshold = None if each.threshold_gbp is None else float(each.threshold_gbp)
        price = float(each.price_gbp)
        yield {
            "group": each.bank_id,
            "name": each.bank,
            "habitat": each.habitat,
            "price": price,
            "threshold": threshold,
            "cut": None if threshold is None else max(0.0, price - threshold),
            "fee": float(each.fee_gbp),
            "note": f"{each.note[:1].upper()}{each.note[1:]}",
        }
