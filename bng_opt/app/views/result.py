"""The view of the step Result."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bng_opt.app.state.comparisons import Comparison
from bng_opt.app.state.filed import FILED, XLSX, filed_findings
from bng_opt.app.state.plain_words import in_plain_words
from bng_opt.app.state.result import ResultStep
from bng_opt.app.views.address import RunAddress
from bng_opt.app.views.around import AroundView, set_html
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
    show,
)
from bng_opt.app.views.page import Page
from bng_opt.app.views.purchases import PurchasesView
from bng_opt.app.views.why_not import WhyNotView
from bng_opt.optimiser.baselines import Kind
from bng_opt.optimiser.needs import PURCHASE, Need, Source, needs_met
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.report import MODE_WORDS, checks_line, cost_lines, result_line
from bng_opt.optimiser.scenario import Scenario

_FILES = {
    "plan.xlsx": ("Workbook of the plan", XLSX),
    "report.txt": ("Report as text", "text/plain"),
    "purchases.csv": ("Purchases as CSV", "text/csv"),
    "plan.json": ("Plan as JSON", "application/json"),
    "alternatives.txt": ("Alternatives as text", "text/plain"),
}
_IN_SHORT = (Kind.LIKE_FOR_LIKE, Kind.CREDITS)
"""The comparisons that stand beside the total."""


class ResultView:
    """What to buy, the proof, and what one asks next."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._step: ResultStep = page.session.result
        self._notice, self._filed = Notice(), Notice()
        self._shown: Plan | None = None
        self._is_watched = False
        about = (page, self._step, self._notice)
        self._none, self._stale, self._top = html(), html(), html()
        self._to_search = button("Go to Optimise", page.guarded(self._go_back, self._notice))
        self._retry = button("Try again", page.guarded(self._step.read_again, self._notice))
        self._again = button("Back to Optimise", page.guarded(self._go_back, self._notice))
        self._purchases, self._around = PurchasesView(*about), AroundView(*about)
        self._why = WhyNotView(*about)
        self._address = RunAddress()
        self._uses, self._figure, self._checks = html(), html(), html()
        self._draw = button("Draw it as a figure", page.guarded(self._draw_needs, self._notice))
        self._downloads = {
            name: button(
                f"Download: {label}", page.guarded(self._downloading(name, mime), self._notice)
            )
            for name, (label, mime) in _FILES.items()
        }
        self._fill = button(
            "Download: Metric workbook with the purchase",
            page.guarded(self._download_filed, self._filed),
        )
        self._empty = column(self._none, row(self._to_search, self._retry))
        self._content = column(
            column(self._stale, row(self._again), name="stale"),
            self._top,
            column(
                heading("Take it with you", 3),
                row(*self._downloads.values()),
                self._fill,
                self._filed,
                self._address,
                name="take-away",
            ),
            self._purchases.box,
            column(
                heading("How each need is met", 3), self._uses, row(self._draw), self._figure,
                name="uses",
            ),
            self._around.box,
            self._why.box,
            Disclosure("the checks of every rule", self._checks),
        )  # fmt: skip
        self.box = column(
            heading(self._step.title),
            prose(
                "What to buy, what it costs, and why nothing lawful is cheaper. Go on to the quote "
                "when it is what you want.",
                kind="lead",
            ),
            self._notice,
            self._empty,
            self._content,
            name="result",
        )
        page.session.optimise.changed.connect(self._search_moved)

    def refresh(self) -> None:
        """Show what the model says now."""
        step = self._step
        plan, scenario = step.plan, step.scenario
        show(self._empty, plan is None)
        show(self._content, plan is not None)
        if plan is None or scenario is None:
            self._show_none()
            return
        if plan is not self._shown:
            self._show_plan(plan, scenario)
            self._shown = plan
        self._show_stale()
        self._show_top(plan, scenario)
        self._purchases.mark(step.bank)
        self._around.refresh()
        self._why.show(step.bank)
        show(self._downloads["alternatives.txt"], step.around is not None)

    def _show_none(self) -> None:
        """Say why there is nothing, and go on looking at a search that runs."""
        standing = self._step.no_result
        set_html(self._none, "" if standing is None else render("result_none", standing=standing))
        show(self._retry, bool(self._step.trouble))
        if self._page.session.optimise.running.is_running and not self._is_watched:
            self._is_watched = True
            self._page.watch(self._look_at_search, self._notice)

    def _look_at_search(self) -> bool:
        try:
            self._is_watched = self._page.session.optimise.refresh_job()
        except BaseException:
            self._is_watched = False
            raise
        return self._is_watched

    def _search_moved(self, _: object) -> None:
        if self._page.session.current == self._step.key:
            self.refresh()

    def _show_plan(self, plan: Plan, scenario: Scenario) -> None:
        self._purchases.show(plan)
        self._why.offer(scenario.market)
        self._address.run = self._page.session.optimise.run_id
        needs = list(_needs(plan))
        self._uses.value = render("result_uses", needs=needs, credits=plan.credits)
        self._checks.value = render("result_checks", checks=plan.checks)
        self._figure.value = ""
        show(self._draw, bool(needs))

    def _show_stale(self) -> None:
        stale = self._step.stale()
        set_html(self._stale, render("result_stale", stale=stale) if stale else "")
        show(self._again, bool(stale))

    def _show_top(self, plan: Plan, scenario: Scenario) -> None:
        known = {each.kind: each for each in self._step.comparisons}
        savings: list[Comparison] = [known[kind] for kind in _IN_SHORT if kind in known]
        set_html(
            self._top,
            render(
                "result_top",
                plan=plan,
                proof=self._step.proof,
                result=result_line(plan),
                cost=cost_lines(plan)[:-1],
                mode=MODE_WORDS.get(plan.mode, plan.mode),
                checks=checks_line(plan),
                savings=savings,
                warnings=in_plain_words(plan.warnings, scenario.market),
            ),
        )

    def _draw_needs(self) -> None:
        """Draw the figure: only now, as the library that draws takes a moment to be read."""
        plan = self._step.plan
        if plan is not None:
            self._figure.value = plan.plot()._repr_html_()
            show(self._draw, False)

    def _go_back(self) -> None:
        self._page.session.go(self._page.session.optimise.key)
        self._page.link.focus(".bng-panel h2")

    def _download_filed(self) -> None:
        filed = self._step.filed()
        self._page.link.download(FILED, filed.data, XLSX)
        findings = filed_findings(filed)
        self._filed.show_findings(
            findings, kind="warning" if filed.findings or filed.shortfalls else "info"
        )

    def _downloading(self, name: str, mime: str) -> Callable[[], None]:
        def download() -> None:
            self._page.link.download(name, self._step.files()[name], mime)
            self._page.link.announce(f"{name} is being saved.")

        return download


def _needs(plan: Plan) -> Iterator[tuple[Need, list[tuple[str, object]]]]:
    """Yield each need with what meets it, in words and units."""
    names = {bank.bank_id: bank.name for bank in plan.banks}
    for need in needs_met(plan):
        yield need, [(_origin(source, names), source.units) for source in need.sources]


def _origin(source: Source, names: dict[str, str]) -> str:
    if source.kind == PURCHASE:
        bank = names.get(source.bank_id, source.bank_id or source.stock_id)
        return f"{bank}: {source.name}"
    return source.words[:1].upper() + source.words[1:]
