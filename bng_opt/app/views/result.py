"""The view of the step Result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import ipywidgets as widgets

from bng_opt.app.state.result import NO_RESULT, ResultStep
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
from bng_opt.app.views.sort_table import SortColumn, SortTable
from bng_opt.market import Market
from bng_opt.optimiser.plan import Plan
from bng_opt.places import Category

_MIMES = {
    ".json": "application/json",
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_PURCHASES = (
    SortColumn("name", "Bank"),
    SortColumn("ledger", "Ledger"),
    SortColumn("habitat", "Habitat"),
    SortColumn("category", "Spatial risk"),
    SortColumn("units", "Units bought", 2, total=True),
    SortColumn("delivered", "Units that count", 4, total=True),
    SortColumn("price", "Price per unit", 2, "£"),
    SortColumn("cost", "Cost", 2, "£", total=True),
)
_BANKS = (
    SortColumn("name", "Bank"),
    SortColumn("category", "Spatial risk"),
    SortColumn("why", "Because of"),
    SortColumn("distance", "Distance [km]", 1),
    SortColumn("units", "Units", 2, total=True),
    SortColumn("cost", "Units' cost", 2, "£", total=True),
    SortColumn("fee", "Bank's fee", 2, "£", total=True),
)


class ResultView:
    """What to buy, and what one asks next."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._step: ResultStep = page.session.result
        self._notice = Notice()
        self._top, self._stale = html(), html()
        self._shown: Plan | None = None
        self._is_watched = self._is_filling = False
        choose = self._step.choose_bank
        self._purchases = SortTable("Purchases", _PURCHASES, choose)
        self._banks = SortTable("Banks", _BANKS, choose)
        self._map_box = column()
        self._map: Any = None
        self._uses, self._checks, self._more = html(), html(), html()
        self._figure = html()
        self._why = html()
        self._which = widgets.Combobox(continuous_update=False, placeholder="Type a bank's name")
        self._which.observe(self._ask, "value")
        self._look = button("Look for alternatives", page.guarded(self._begin_more, self._notice))
        self._again = button("Back to the search", page.guarded(self._back, self._notice))
        self._content = column(
            self._stale,
            self._again,
            self._top,
            self._downloads(),
            self._purchases,
            self._map_box,
            self._banks,
            Disclosure("how each need is met", self._uses, self._figure, is_open=True),
            column(
                heading("Compared with other ways", 3),
                self._more,
                row(self._look),
                name="more",
            ),
            column(
                heading("Why not this bank?", 3),
                labelled(self._which, "Bank of the market"),
                self._why,
            ),
            Disclosure("the checks of every rule", self._checks),
        )
        self._nothing = prose(NO_RESULT)
        self.box = column(heading(self._step.title), self._notice, self._nothing, self._content)

    def refresh(self) -> None:
        """Show what the model says now."""
        plan, scenario = self._step.plan, self._step.scenario
        show(self._nothing, plan is None)
        show(self._content, plan is not None)
        if plan is None or scenario is None:
            return
        if plan is not self._shown:
            self._shown = plan
            self._show_plan(plan, scenario.market)
        stale = self._step.stale()
        self._stale.value = render("result_stale", stale=stale)
        show(self._again, bool(stale))
        self._purchases.chosen = self._banks.chosen = self._step.bank
        if self._map is not None:
            self._map.choose(self._step.bank)
        self._show_why()
        self._show_more()

    def _show_plan(self, plan: Plan, market: Market) -> None:
        step = self._step
        self._top.value = render("result_top", plan=plan, comparison=step.credits)
        names = {line.bank_id: line.name for line in plan.banks}
        self._purchases.show(list(_purchases(plan, names)))
        self._banks.show(list(_banks(plan)))
        self._uses.value = render("result_uses", uses=plan.uses, credits=plan.credits)
        self._checks.value = render("result_checks", checks=plan.checks, warnings=plan.warnings)
        self._figure.value = plan.plot()._repr_html_() if plan.purchases else ""
        self._is_filling = True
        labels = {f"{bank.name} ({bank.bank_id})": bank.bank_id for bank in market.banks}
        self._labels: Mapping[str, str] = labels
        self._which.options = tuple(sorted(labels))
        self._which.value = ""
        self._is_filling = False
        self._show_map(plan, market)

    def _show_map(self, plan: Plan, market: Market) -> None:
        from bng_opt.app.views.map import BankMark, SiteMap
        from bng_opt.figures.maps import spots_of
        from bng_opt.places.boundaries import to_degrees

        scenario = self._step.scenario
        if scenario is None:
            return
        if self._map is None:
            tiles = self._page.session.services.settings.app_tiles_url
            self._map = SiteMap(on_bank=self._step.choose_bank, tiles_url=tiles)
            self._map_box.children = [heading("Where the banks are", 3), self._map.box]
        self._map.show_site(scenario.site)
        marks = []
        for spot in spots_of(plan, market, scenario.site):
            lat, lon = to_degrees(*spot.point)
            line = spot.line
            label = "nothing is bought" if line is None else f"{line.units} units"
            marks.append(
                BankMark(
                    spot.bank.bank_id, spot.bank.name, lat, lon, Category(spot.category), label,
                    line is not None,
                )
            )  # fmt: skip
        self._map.show_banks(marks)

    def _show_why(self) -> None:
        bank_id = self._step.bank
        scenario = self._step.scenario
        if not bank_id or scenario is None:
            self._why.value = ""
            return
        name = scenario.market.bank(bank_id).name
        self._why.value = render("result_why", name=name, reasons=self._step.why_not(bank_id))

    def _show_more(self) -> None:
        step = self._step
        found = step.findings_of_more
        running = step.more
        self._more.value = render(
            "result_more",
            comparisons=step.comparisons,
            found=found,
            title=running.title if running.is_running else "",
            lines=running.lines() if running.is_running else (),
            failure=() if running.job is None else running.job.error,
            curve=list(_curve(found)),
            others=list(_others(found)),
        )
        show(self._look, found is None and not running.is_running)
        if running.is_running and not self._is_watched:
            self._is_watched = True
            self._page.watch(self._watch_more, self._notice)

    def _watch_more(self) -> bool:
        self._is_watched = self._step.refresh_more()
        return self._is_watched

    def _begin_more(self) -> None:
        self._step.start_more()

    def _back(self) -> None:
        self._page.session.go(self._page.session.optimise.key)

    def _ask(self, change: Mapping[str, Any]) -> None:
        if self._is_filling or not change["new"]:
            return
        bank_id = self._labels.get(change["new"])
        if bank_id is None:
            self._notice.show_error("The market has no such bank: choose it from the list.")
            return
        self._notice.clear()
        self._step.choose_bank(bank_id)

    def _downloads(self) -> widgets.Widget:
        names = {
            "Workbook of the plan": "plan.xlsx",
            "Report as text": "report.txt",
            "Purchases as CSV": "purchases.csv",
            "Plan as JSON": "plan.json",
        }
        buttons = [
            button(f"Download: {label}", self._page.guarded(self._downloading(name), self._notice))
            for label, name in names.items()
        ]
        return row(*buttons)

    def _downloading(self, name: str) -> Callable[[], None]:
        def download() -> None:
            mime = _MIMES[name[name.rindex(".") :]]
            self._page.link.download(name, self._step.files()[name], mime)

        return download


def _purchases(plan: Plan, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for line in plan.purchases:
        yield {
            "group": line.bank_id,
            "name": names.get(line.bank_id, line.bank_id),
            "ledger": line.ledger,
            "habitat": line.habitat,
            "category": f"{line.category} (×{line.srm})",
            "units": float(line.units),
            "delivered": float(line.delivered_units),
            "price": float(line.price_gbp),
            "cost": float(line.cost_gbp),
        }


def _banks(plan: Plan) -> Iterator[dict[str, Any]]:
    for line in plan.banks:
        yield {
            "group": line.bank_id,
            "name": line.name,
            "category": f"{line.category} (×{line.srm})",
            "why": line.why,
            "distance": line.distance_km,
            "units": float(line.units),
            "cost": float(line.units_gbp),
            "fee": float(line.fee_gbp),
        }


def _curve(found: Mapping[str, Any] | None) -> Iterator[tuple[str, float | None, str, float]]:
    """Yield what so many banks cost at least: label, cost, verdict, share of the dearest."""
    if found is None:
        return
    rows = found["alternatives"]["by_bank_count"]
    most = max((each["total_gbp"] for each in rows if each["total_gbp"]), default=1.0)
    for each in rows:
        total = each["total_gbp"]
        yield each["label"], total, each["verdict"], 0.0 if total is None else total / most


def _others(found: Mapping[str, Any] | None) -> Iterator[tuple[str, float | None, str]]:
    if found is None:
        return
    groups = found["alternatives"]
    for name in ("only_local", "without_a_bank", "next_best"):
        for each in groups[name]:
            yield each["label"], each["total_gbp"], each["difference"]
