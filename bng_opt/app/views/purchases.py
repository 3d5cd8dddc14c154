"""What to buy and from whom: two tables and a map that mark the same bank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bng_opt.app.state.bank_places import place_banks
from bng_opt.app.views.kit import column, heading, html, prose, render
from bng_opt.app.views.sort_table import SortColumn, SortTable

if TYPE_CHECKING:
    from bng_opt.app.state.result import ResultStep
    from bng_opt.app.views.kit import Notice
    from bng_opt.app.views.map import SiteMap
    from bng_opt.app.views.page import Page
    from bng_opt.optimiser.plan import Plan
    from bng_opt.optimiser.scenario import Scenario

_FINEST = 6
"""Decimals of the finest market step; most units have two."""
_PURCHASES = (
    SortColumn("name", "Bank", choice="Bank"),
    SortColumn("ledger", "Ledger", choice="Ledger"),
    SortColumn("habitat", "Habitat", choice="Habitat"),
    SortColumn("category", "Spatial risk"),
    SortColumn("units", "Units bought", 2, _FINEST, total=True, apart="ledger"),
    SortColumn("delivered", "Units that count", 4, _FINEST, total=True, apart="ledger"),
    SortColumn("price", "Price per unit", 2, 4, "£"),
    SortColumn("cost", "Cost", 2, before="£", total=True),
)
_BANKS = (
    SortColumn("name", "Bank"),
    SortColumn("category", "Spatial risk"),
    SortColumn("why", "Because"),
    SortColumn("distance", "Distance [km]", 1, blank="unknown"),
    SortColumn("units", "Units", 2, _FINEST),
    SortColumn("cost", "Cost of units", 2, before="£", total=True),
    SortColumn("fee", "Fee", 2, before="£", total=True),
    SortColumn("total", "Together", 2, before="£", total=True),
)


class PurchasesView:
    """The purchases, the map and the banks of a plan.

    Attributes
    ----------
    box
        The whole as a widget.
    """

    def __init__(self, page: Page, step: ResultStep, notice: Notice) -> None:
        self._page, self._step, self._notice = page, step, notice
        self._purchases = SortTable("Purchases", _PURCHASES, self._choose)
        self._banks = SortTable("Banks", _BANKS, self._choose)
        self._said = html()
        self._waiting = prose("The map is being drawn.", kind="help")
        self._map_box = column(self._waiting)
        self._map: SiteMap | None = None
        self._drawn: Plan | None = None
        self.box = column(
            heading("What to buy", 3),
            self._purchases,
            heading("Where the banks are", 3),
            self._said,
            self._map_box,
            self._banks,
            name="purchases",
        )

    def show(self, plan: Plan) -> None:
        """Show a plan; the map follows once the page has it."""
        names = {line.bank_id: line.name for line in plan.banks}
        self._purchases.show(list(_purchase_rows(plan, names)))
        self._banks.show(list(_bank_rows(plan)))
        self._page.watch(self._draw_map, self._notice)

    def mark(self, bank_id: str) -> None:
        """Mark the rows of a bank, and the bank on the map."""
        self._purchases.chosen = self._banks.chosen = bank_id
        if self._map is not None:
            self._map.choose(bank_id)
        self._say(bank_id)

    def _choose(self, bank_id: str) -> None:
        self._page.attempt(lambda: self._look_at(bank_id), self._notice)

    def _look_at(self, bank_id: str) -> None:
        self._step.choose_bank(bank_id)
        why = self._step.why_not(bank_id)
        self._page.link.announce(f"{why.name} is marked." if why else "No bank is marked.")

    def _say(self, bank_id: str) -> None:
        """Say of the bank that is looked at what the map only shows."""
        value = ""
        if (why := self._step.why_not(bank_id)) is not None:
            value = render("result_marked", why=why)
        if self._said.value != value:
            self._said.value = value

    def _draw_map(self) -> bool:
        """Draw the map of the plan that is shown, if that isn't done; there is no second look."""
        plan, scenario = self._step.plan, self._step.scenario
        if plan is None or scenario is None or plan is self._drawn:
            return False
        self._drawn = plan
        if self._map is None:
            self._map = self._make_map()
        self._map.show_site(scenario.site)
        self._map.show_banks(list(_marks(plan, scenario)))
        self._map.choose(self._step.bank)
        self._map_box.children = [self._map.box]
        return False

    def _make_map(self) -> SiteMap:
        # Boundaries take a moment to be read: the figures are on the page before.
        from bng_opt.app.views.map import SiteMap

        tiles = self._page.session.services.settings.app_tiles_url
        return SiteMap(on_bank=self._choose, tiles_url=tiles)


def _marks(plan: Plan, scenario: Scenario) -> Iterator[Any]:
    from bng_opt.app.views.map import BankMark

    for place in place_banks(plan, scenario):
        yield BankMark(**vars(place))


def _purchase_rows(plan: Plan, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for line in plan.purchases:
        yield {
            "group": line.bank_id,
            "name": names.get(line.bank_id, line.bank_id),
            "ledger": line.ledger,
            "habitat": line.habitat,
            "category": _risk(line.category, line.srm),
            "units": float(line.units),
            "delivered": float(line.delivered_units),
            "price": float(line.price_gbp),
            "cost": float(line.cost_gbp),
        }


def _bank_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    for line in plan.banks:
        yield {
            "group": line.bank_id,
            "name": line.name,
            "category": _risk(line.category, line.srm),
            "why": line.why,
            "distance": line.distance_km,
            "units": float(line.units),
            "cost": float(line.units_gbp),
            "fee": float(line.fee_gbp),
            "total": float(line.units_gbp + line.fee_gbp),
        }


def _risk(category: str, multiplier: Decimal) -> str:
    return f"{category.capitalize()}, × {multiplier.normalize():f}"
