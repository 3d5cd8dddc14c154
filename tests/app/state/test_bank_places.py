"""Banks on the map: where, in which category, and what is bought there."""

from __future__ import annotations

from bng_opt.app.state.bank_places import BankPlace, place_banks
from bng_opt.optimiser.scenario import Scenario
from bng_opt.places import Category
from bng_opt.runtime.run import optimise
from tests.support.scenarios import AREA, BESIDE, FAR, NEUTRAL, WATERCOURSE, BankSpec, Line, Scene
from tests.support.scenarios import site as usual_site


def places(scene: Scene) -> dict[str, BankPlace]:
    question = scene.requirement(), scene.market(), usual_site(), scene.policy()
    plan = optimise(*question)
    scenario = Scenario(*question)
    return {place.bank_id: place for place in place_banks(plan, scenario)}


def test_chosen_and_other_banks_have_their_category_and_label() -> None:
    lines = (Line(NEUTRAL, 5, 10_000, "HOME"), Line(NEUTRAL, 5, 90_000, "BESIDE"))
    lines += (Line(NEUTRAL, 5, 90_000, "FAR"),)
    banks = (BankSpec("BESIDE", BESIDE), BankSpec("FAR", FAR))
    found = places(Scene(lines, {}, {AREA: 3.0}, banks))
    assert {key: place.category for key, place in found.items()} == {
        "HOME": Category.WITHIN,
        "BESIDE": Category.NEIGHBOURING,
        "FAR": Category.OUTSIDE,
    }
    assert [key for key, place in found.items() if place.is_chosen] == ["HOME"]
    assert found["HOME"].label.startswith("3.00 units for £30,000.00")
    assert found["FAR"].label.startswith("nothing is bought there")


def test_a_bank_without_a_point_stands_inside_its_lpa_and_nca_and_says_so() -> None:
    (place,) = places(Scene((Line(NEUTRAL, 5, 10_000, "A"),), {}, {AREA: 3.0})).values()
    assert place.label.endswith("; somewhere in its LPA and NCA")
    assert 51.9 < place.lat < 52.6
    assert -2.1 < place.lon < -1.2


def test_a_bank_that_sells_only_in_water_is_judged_by_the_water() -> None:
    lines = (Line(NEUTRAL, 5, 10_000, "A"), Line("Ditches", 5, 10_000, "W"))
    found = places(Scene(lines, {}, {AREA: 3.0}, (BankSpec("W", FAR, FAR),)))
    assert found["W"].category is Category.OUTSIDE
    both = places(Scene(lines, {}, {AREA: 3.0, WATERCOURSE: 1.0}, (BankSpec("W", FAR, FAR),)))
    assert both["W"].is_chosen


def test_a_bank_without_stock_is_left_out() -> None:
    lines = (Line(NEUTRAL, 5, 10_000, "A"), Line(NEUTRAL, 0, 10_000, "EMPTY"))
    assert set(places(Scene(lines, {}, {AREA: 3.0}))) == {"A"}
