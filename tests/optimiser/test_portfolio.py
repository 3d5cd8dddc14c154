"""Many sites, one stock: the joint least cost, its bound, and other ways to share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from itertools import permutations, product
from random import Random

import joblib
import pytest

from bng_opt.errors import InfeasibleError, InputError
from bng_opt.market import Market
from bng_opt.optimiser.plan import PlanStatus
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.portfolio import (
    Effort,
    PortfolioPlan,
    PortfolioSite,
    compare_portfolio,
    make_portfolio,
)
from bng_opt.optimiser.portfolio.parallel import map_in_batches
from bng_opt.places import Site
from bng_opt.runtime.run import optimise
from tests.support.market_factory import make_market
from tests.support.oracle import brute_force
from tests.support.scenarios import (
    AREA,
    MEADOW,
    MODIFIED,
    NEUTRAL,
    SCRUB,
    WOODLAND,
    BankSpec,
    Line,
    Scene,
    site,
)

BY_PRICES = Effort(exact_columns=0)
EXACTLY = Effort(exact_columns=10**9)
HALF = Decimal("0.5")
PENNIES = Decimal("0.50")
"""Costs are rounded line by line, the bound only as a whole [GBP]."""


def owner(name: str, scene: Scene) -> PortfolioSite:
    return PortfolioSite(name, scene.requirement(), site(), scene.policy())


def net_gain(lines: tuple[Line, ...], units: float, *banks: BankSpec, **wishes: object) -> Scene:
    return Scene(lines, {}, {AREA: units}, banks, wishes)


def woodland(lines: tuple[Line, ...], units: float, **wishes: object) -> Scene:
    return Scene(lines, {WOODLAND: -units}, {AREA: units}, wishes=wishes)


def sold(portfolio: PortfolioPlan) -> dict[str, Decimal]:
    units: dict[str, Decimal] = {}
    for plan in portfolio.plans.values():
        for line in plan.purchases:
            units[line.stock_id] = units.get(line.stock_id, Decimal(0)) + line.units
    return units


def assert_within_stock(portfolio: PortfolioPlan, market: Market) -> None:
    stock = {line.stock_id: line.units for line in market.stock}
    assert all(units <= stock[stock_id] for stock_id, units in sold(portfolio).items())
    assert portfolio.is_verified


ONE_CHEAP_WOOD = (Line(WOODLAND, 1, 20_000, "A"), Line(WOODLAND, 9, 50_000, "B"))
"""One unit is cheap; who doesn't get it pays 30,000 more a unit."""


class TestSharing:
    def test_scarce_stock_goes_where_doing_without_costs_most(self):
        """Only the wood helps the first; the second may take scrub at 25,000 instead."""
        lines = (*ONE_CHEAP_WOOD, Line(SCRUB, 9, 25_000, "C"))
        needs_wood, needs_any = woodland(lines, 1.0), net_gain(lines, 1.0)
        portfolio = make_portfolio(
            [owner("any", needs_any), owner("wood", needs_wood)], needs_wood.market()
        )
        assert portfolio.total_gbp == 45_000
        assert portfolio.plans["wood"].total_gbp == 20_000
        assert portfolio.alone_gbp == {"any": 20_000, "wood": 20_000}
        assert portfolio.contested == ("A-001",)
        assert portfolio.status is PlanStatus.OPTIMAL

    def test_stock_is_shared_to_the_step(self):
        scene = woodland(ONE_CHEAP_WOOD, 0.75)
        portfolio = make_portfolio([owner("x", scene), owner("y", scene)], scene.market())
        assert sold(portfolio) == {"A-001": 1, "B-002": HALF}
        assert portfolio.total_gbp == 20_000 + 25_000

    def test_a_site_without_rivals_has_the_very_plan_it_has_alone(self):
        scene = woodland(ONE_CHEAP_WOOD, 0.5)
        market = scene.market()
        portfolio = make_portfolio([owner("x", scene), owner("y", scene)], market)
        alone = optimise(scene.requirement(), market, site(), scene.policy())
        assert portfolio.rounds == 0
        for plan in portfolio.plans.values():
            assert plan == replace(alone, seconds=plan.seconds, versions=plan.versions)

    def test_every_site_pays_the_fee_of_the_bank_for_itself(self):
        lines = (Line(NEUTRAL, 5, 10_000, "A"),)
        scene = net_gain(lines, 1.0, BankSpec("A", fee="700"))
        portfolio = make_portfolio([owner("x", scene), owner("y", scene)], scene.market())
        assert portfolio.total_gbp == 2 * 10_700

    def test_sites_may_have_other_steps_and_leave_quoted_units_alone(self):
        lines = (Line(NEUTRAL, 2, 10_000, "A", quoted=1), Line(NEUTRAL, 9, 30_000, "B"))
        fine = net_gain(lines, 1.0, market_step=Decimal("0.2"))
        coarse = net_gain(lines, 1.5, market_step=HALF, quoted="all")
        portfolio = make_portfolio([owner("fine", fine), owner("coarse", coarse)], fine.market())
        assert portfolio.total_gbp == 10_000 + 10_000 + 15_000
        assert sold(portfolio)["A-001"] == 2

    def test_lines_sold_to_others_are_said_to_be(self):
        scene = woodland(ONE_CHEAP_WOOD, 1.0)
        portfolio = make_portfolio([owner("x", scene), owner("y", scene)], scene.market())
        loser = max(portfolio.plans.values(), key=lambda plan: plan.total_gbp)
        reasons = {item.stock_id: item.reason for item in loser.not_chosen}
        assert reasons["A-001"] == "sold to other sites of the portfolio"

    def test_no_more_credits_are_taken_than_alone(self):
        lines = (Line(MODIFIED, 5, 20_000, "A"),)
        scene = Scene(lines, {NEUTRAL: -1.0}, {AREA: 1.0}, wishes={"credits": True})
        alone = scene.optimise()
        portfolio = make_portfolio([owner("x", scene), owner("y", scene)], scene.market())
        assert alone.credits
        for plan in portfolio.plans.values():
            assert plan.credits == alone.credits

    def test_nothing_to_buy_costs_nothing(self):
        scene = net_gain((Line(NEUTRAL, 5, 10_000, "A"),), 0.0)
        portfolio = make_portfolio([owner("x", scene)], scene.market())
        assert portfolio.total_gbp == portfolio.bound_gbp == 0
        assert make_portfolio([], scene.market()).plans == {}


def draw_family(rng: Random, n_sites: int) -> list[Scene]:
    """Return needs of several sites on one market of three lines in half units."""
    habitats = rng.sample((WOODLAND, MEADOW, NEUTRAL, SCRUB, MODIFIED), 2)
    wanted = [habitats[0], *habitats]
    banks = (BankSpec("A", fee=rng.choice(("0", "3000"))), BankSpec("F"), BankSpec("N"))
    bank_ids = rng.sample(("A", "F", "N"), 3)
    lines = tuple(
        Line(name, str(HALF * rng.randint(1, 4)), 1000 * rng.randint(10, 60), bank_id)
        for name, bank_id in zip(wanted, bank_ids, strict=True)
    )
    wishes = {"market_step": HALF, "size_by": rng.choice(("quote", "bank"))}
    family = []
    for _ in range(n_sites):
        lost = rng.choice(habitats)
        units = 0.5 * rng.randint(1, 2)
        deficit = units * rng.choice((0.0, 1.0, 1.0, 1.5))
        family.append(Scene(lines, {lost: -units}, {AREA: deficit}, banks, wishes))
    return family


def least_joint_cost(family: Sequence[Scene]) -> Decimal | None:
    """Return the least joint cost by trying every division of the stock, None if none will do."""
    stock = [int(Decimal(str(line.units)) / HALF) for line in family[0].lines]

    @cache
    def cost(number: int, share: tuple[int, ...]) -> Decimal | None:
        scene = family[number]
        lines = [
            replace(line, units=str(HALF * units), net=line.whole_net)
            for line, units in zip(scene.lines, share, strict=True)
            if units
        ]
        if not lines:
            return None
        return brute_force(replace(scene, lines=tuple(lines)))

    best: dict[tuple[int, ...], Decimal] = {tuple(0 for _ in stock): Decimal(0)}
    for number in range(len(family)):
        after: dict[tuple[int, ...], Decimal] = {}
        for share in product(*(range(units + 1) for units in stock)):
            own = cost(number, share)
            for used, spent in best.items() if own is not None else ():
                both = tuple(a + b for a, b in zip(used, share, strict=True))
                if all(a <= b for a, b in zip(both, stock, strict=True)):
                    after[both] = min(spent + own, after.get(both, spent + own))
        best = after
    return min(best.values(), default=None)


@pytest.mark.parametrize("effort", [EXACTLY, replace(BY_PRICES, gap_share=0.0)])
@pytest.mark.parametrize("seed", range(20))
def test_the_joint_cost_is_the_least_over_all_divisions_of_the_stock(seed, effort):
    rng = Random(seed)
    family = draw_family(rng, rng.choice((2, 2, 3)))
    best = least_joint_cost(family)
    sites = [owner(f"S{number}", scene) for number, scene in enumerate(family)]
    try:
        portfolio = make_portfolio(sites, family[0].market(), effort=effort)
    except InfeasibleError:
        assert best is None
        return
    assert best is not None
    assert portfolio.bound_gbp <= best <= portfolio.total_gbp
    assert_within_stock(portfolio, family[0].market())
    if effort is EXACTLY:
        assert portfolio.gap_gbp <= len(family) + PENNIES


PLACES = (
    ("Stratford-on-Avon", "Dunsmore and Feldon"),
    ("Stratford-on-Avon", "Arden"),
    ("Cherwell", "Cotswolds"),
    ("Cherwell", "Upper Thames Clay Vales"),
)


def county(n_sites: int, n_banks: int, seed: int) -> tuple[list[PortfolioSite], Market]:
    """Return sites that crowd a county and the scarce stock of its banks."""
    rng = Random(seed)
    market = make_market(
        n_banks, 5, seed, fees=True, baselines="low", price_grid="sizes",
        within=("Stratford-on-Avon", "Cherwell"),
    )  # fmt: skip
    sites = []
    for number in range(n_sites):
        lost = rng.sample((NEUTRAL, SCRUB, WOODLAND), rng.randint(1, 2))
        changes = {name: -round(rng.uniform(0.3, 1.5), 2) for name in lost}
        scene = Scene((), changes, {AREA: -1.2 * sum(changes.values())})
        place = Site.from_names(*rng.choice(PLACES))
        sites.append(PortfolioSite(f"S{number:02d}", scene.requirement(), place))
    return sites, market


@pytest.mark.parametrize(("n_banks", "seed"), [(14, 2), (14, 4), (20, 4)])
def test_decomposition_agrees_with_the_joint_model_within_its_gap(n_banks, seed):
    sites, market = county(10, n_banks, seed)
    exact = make_portfolio(sites, market, effort=EXACTLY)
    decomposed = make_portfolio(sites, market, effort=BY_PRICES)
    assert exact.contested
    assert exact.gap_gbp <= len(sites) + PENNIES
    assert decomposed.bound_gbp <= exact.total_gbp
    assert exact.bound_gbp <= decomposed.total_gbp
    assert decomposed.gap_share <= BY_PRICES.gap_share
    assert decomposed.status is PlanStatus.OPTIMAL
    for portfolio in (exact, decomposed):
        assert_within_stock(portfolio, market)


@pytest.mark.parametrize("effort", [EXACTLY, BY_PRICES])
def test_the_order_of_the_sites_changes_nothing(effort):
    sites, market = county(6, 12, 4)
    portfolio = make_portfolio(sites, market, effort=effort)
    shuffled = Random(0).sample(sites, len(sites))
    assert portfolio.contested
    assert make_portfolio(shuffled, market, effort=effort).as_dict() == portfolio.as_dict()


def test_the_number_of_workers_changes_nothing():
    sites, market = county(6, 12, 4)
    one = make_portfolio(sites, market, effort=replace(BY_PRICES, gap_share=0.0, n_jobs=1))
    two = make_portfolio(sites, market, effort=replace(BY_PRICES, gap_share=0.0, n_jobs=2))
    assert one.rounds > 0
    assert one.as_dict() == two.as_dict()


def test_batches_come_back_in_order_and_take_the_backend_that_joblib_is_told():
    numbers = list(range(23))
    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert map_in_batches(pow, numbers, (2,), None) == [n**2 for n in numbers]
    assert map_in_batches(pow, numbers, (2,), 1) == [n**2 for n in numbers]


class TestImpossible:
    lines = (Line(WOODLAND, 3, 20_000, "A"), Line(NEUTRAL, 3, 10_000, "A"))

    def test_a_site_that_no_bank_can_serve_is_named_with_its_reason(self):
        fine, barren = woodland(self.lines, 1.0), Scene(self.lines, {MEADOW: -1.0})
        sites = [owner("fine", fine), owner("barren", barren)]
        with pytest.raises(InfeasibleError, match=r'Site "barren": .*Lowland meadows'):
            make_portfolio(sites, fine.market())

    def test_the_rest_is_solved_on_request(self):
        fine, barren = woodland(self.lines, 1.0), Scene(self.lines, {MEADOW: -1.0})
        sites = [owner("fine", fine), owner("barren", barren)]
        portfolio = make_portfolio(sites, fine.market(), skip_impossible=True)
        assert list(portfolio.plans) == ["fine"]
        assert portfolio.total_gbp == 20_000
        assert list(portfolio.skipped) == ["barren"]
        assert 'Left out: site "barren"' in portfolio.summary()

    def test_stock_for_two_of_three_is_said_to_be_too_little(self):
        scene = woodland(self.lines, 1.5)
        sites = [owner(name, scene) for name in "abc"]
        with pytest.raises(InfeasibleError, match=r"the other sites leave .*A-001"):
            make_portfolio(sites, scene.market())
        portfolio = make_portfolio(sites, scene.market(), skip_impossible=True)
        assert len(portfolio.plans) == 2
        assert len(portfolio.skipped) == 1
        assert portfolio.status is PlanStatus.OPTIMAL

    def test_names_and_wishes_are_checked_all_at_once(self):
        scene = woodland(self.lines, 1.0)
        lost = replace(owner("b", scene), policy=Policy(must_use=frozenset({"Nowhere"})))
        with pytest.raises(InputError) as error:
            make_portfolio([owner("a", scene), owner("a", scene), lost], scene.market())
        text = str(error.value)
        assert '2 sites of the portfolio are called "a"' in text
        assert 'Site "b": The wish names bank "Nowhere"' in text


class TestComparisons:
    def three(self) -> tuple[list[PortfolioSite], Market]:
        lines = (*ONE_CHEAP_WOOD, Line(SCRUB, 9, 25_000, "C"))
        scenes = {"any": net_gain(lines, 1.0), "wood": woodland(lines, 1.0)}
        scenes["half"] = woodland(lines, 0.5)
        return [owner(name, scene) for name, scene in scenes.items()], scenes["any"].market()

    def test_first_come_takes_the_cheapest_left(self):
        sites, market = self.three()
        costs = compare_portfolio(sites, market).first_come.plans
        assert {name: plan.total_gbp for name, plan in costs.items()} == {
            "any": 20_000,
            "half": 25_000,
            "wood": 50_000,
        }

    def test_the_least_cost_is_below_first_come_in_every_order(self):
        sites, market = self.three()
        totals = set()
        for order in permutations(sites):
            comparison = compare_portfolio(order, market)
            totals.add(comparison.first_come.total_gbp)
            assert comparison.least_cost.total_gbp == 70_000
        assert min(totals) >= 70_000
        assert len(totals) > 1

    def test_fair_sharing_spares_the_hardest_hit(self):
        """Least cost gives all cheap wood to one site of two; fair gives each a half."""
        scene = woodland(ONE_CHEAP_WOOD, 1.0)
        sites = [owner("x", scene), owner("y", scene)]
        comparison = compare_portfolio(sites, scene.market())
        assert comparison.least_cost.total_gbp == comparison.fair.total_gbp == 70_000
        assert comparison.fair.worst_share == pytest.approx(0.75)
        assert comparison.first_come.worst_share == pytest.approx(1.5)

    @pytest.mark.parametrize("effort", [EXACTLY, BY_PRICES])
    def test_of_a_county_each_way_is_best_at_what_it_is_for(self, effort):
        sites, market = county(8, 14, 5)
        comparison = compare_portfolio(sites, market, effort=effort)
        assert comparison.least_cost.contested
        assert comparison.fair.worst_share <= comparison.least_cost.worst_share + 1e-6
        for other in (comparison.first_come, comparison.fair):
            assert comparison.least_cost.total_gbp <= other.total_gbp
            assert_within_stock(other, market)
        table = comparison.to_frame()
        assert list(table["site"]) == [each.name for each in sites]
        assert float(table["fair_gbp"].sum()) == pytest.approx(float(comparison.fair.total_gbp))
        assert "Three ways to share" in comparison.summary()

    def test_who_comes_too_late_is_reported(self):
        lines = (Line(WOODLAND, 1, 20_000, "A"), Line(MEADOW, 1, 30_000, "A"))
        flexible = Scene(lines, {}, {AREA: 1.0})
        strict = woodland(lines, 1.0)
        comparison = compare_portfolio(
            [owner("first", flexible), owner("late", strict)], flexible.market()
        )
        assert list(comparison.first_come.skipped) == ["late"]
        assert comparison.least_cost.total_gbp == 50_000
        assert comparison.to_frame()["first_come_gbp"].isna().tolist() == [False, True]


def test_a_portfolio_prints_sums_that_add_up():
    sites, market = county(4, 12, 6)
    portfolio = make_portfolio(sites, market)
    table = portfolio.to_frame()
    assert float(table["cost_gbp"].sum()) == pytest.approx(float(portfolio.total_gbp))
    costs = float(portfolio.purchases_frame()["cost_gbp"].sum())
    fees = sum(float(plan.fees_gbp) for plan in portfolio.plans.values())
    assert costs + fees == pytest.approx(float(portfolio.total_gbp))
    assert "cheaper by more than £" in portfolio.summary()
