"""A plan written as a document and read back is the same plan; bad documents say why."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.errors import Finding, InfeasibleError, InputError
from bng_opt.optimiser.plan import (
    BankLine,
    Check,
    CreditLine,
    NotChosen,
    Plan,
    PlanStatus,
    PurchaseLine,
    Use,
)
from bng_opt.optimiser.plan_document import plan_from_dict, plan_to_dict
from tests.support.scenarios import (
    AREA,
    CEREAL,
    HEDGE_LOW,
    HEDGEROW,
    NEUTRAL,
    SCRUB,
    WOODLAND,
    BankSpec,
    Line,
    Scene,
    draw_scene,
)

SCENE = Scene(
    (
        Line(NEUTRAL, 4, 20_000, "A", lost=CEREAL, lost_units=1, quoted=1),
        Line(SCRUB, 4, 21_000.37, "N", basis="delivered"),
        Line(HEDGE_LOW, 3, 9_999.99, "F"),
    ),
    {WOODLAND: -1.0, NEUTRAL: -0.53, HEDGE_LOW: -0.31},
    {AREA: 1.9, HEDGEROW: 0.5},
    (BankSpec("A", fee="100", lat=52.3, lon=-1.4),),
    {"credits": True},
)


EMPTY = Plan(PlanStatus.OPTIMAL, "statutory", "small", Decimal(0))
MAY_LACK = {"shares_stock", "by_hand"}
"""What plans of earlier versions don't say."""


def read_back(plan: Plan) -> Plan:
    return plan_from_dict(json.loads(json.dumps(plan_to_dict(plan), allow_nan=False)))


def assert_the_same(plan: Plan) -> None:
    again = read_back(plan)
    assert again == plan
    assert again.summary() == plan.summary()
    assert again.as_dict() == plan.as_dict()


def test_a_plan_of_purchases_credits_and_warnings_comes_back():
    plan = SCENE.optimise()
    parts = (plan.purchases, plan.banks, plan.credits, plan.uses, plan.checks, plan.not_chosen)
    assert all((*parts, plan.warnings, plan.seconds, plan.versions, plan.scenario))
    assert_the_same(plan)


def test_the_plan_of_any_scenario_comes_back():
    lawful = 0
    for seed in range(60):
        scene = draw_scene(Random(seed)).with_wishes(credits=seed % 3 == 0)
        try:
            plan = scene.optimise()
        except InfeasibleError:
            continue
        lawful += 1
        assert_the_same(plan)
    assert lawful > 30


TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
DECIMAL = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**14), max_value=10**14)
MONEY = st.decimals(min_value=0, max_value=10**9, places=2)
FLOAT = st.floats(allow_nan=False, allow_infinity=False)


def some(kind: type) -> st.SearchStrategy[tuple[object, ...]]:
    by_type = {"str": TEXT, "Decimal": DECIMAL, "float": FLOAT, "bool": st.booleans()}
    by_type |= {"Decimal | None": st.none() | DECIMAL}
    special = {
        "cost_gbp": MONEY,
        "fee_gbp": MONEY,
        "sheet": st.none() | TEXT,
        "cell": st.none() | TEXT,
        "file": st.none() | TEXT,
        "column": st.none() | TEXT,
        "row": st.none() | st.integers(),
        "distance_km": st.none() | FLOAT,
    }
    parts = {
        f.name: special[f.name] if f.name in special else by_type[str(f.type)] for f in fields(kind)
    }
    return st.lists(st.builds(kind, **parts), max_size=2).map(tuple)


PLANS = st.builds(
    Plan,
    status=st.sampled_from(PlanStatus),
    mode=TEXT,
    contract_size=TEXT,
    bound_gbp=DECIMAL,
    purchases=some(PurchaseLine),
    banks=some(BankLine),
    credits=some(CreditLine),
    uses=some(Use),
    checks=some(Check),
    warnings=some(Finding),
    not_chosen=some(NotChosen),
    scenario=TEXT,
    title=TEXT,
    site=TEXT,
    shares_stock=st.booleans(),
    by_hand=st.booleans(),
    cached=st.booleans(),
    seconds=st.dictionaries(TEXT, FLOAT, max_size=2),
    versions=st.dictionaries(TEXT, TEXT, max_size=2),
)


@given(PLANS)
def test_whatever_a_plan_holds_comes_back(plan):
    again = read_back(plan)
    assert again == plan
    assert again.as_dict() == plan.as_dict()


def test_a_decimal_that_no_float_equals_comes_back_exactly():
    fine = Decimal("0.12345678901234567890123")
    plan = SCENE.optimise()
    line = replace(plan.purchases[0], price_gbp=fine)
    plan = replace(plan, purchases=(line, *plan.purchases[1:]), bound_gbp=fine)
    assert read_back(plan).purchases[0].price_gbp == fine
    assert read_back(plan).bound_gbp == fine
    assert plan.as_dict()["purchases"][0]["price_gbp_exact"] == str(fine)


def test_ordinary_plans_have_no_second_spelling():
    assert "_exact" not in json.dumps(SCENE.optimise().as_dict())


def test_a_portfolios_plan_says_so_after_reading():
    assert read_back(replace(SCENE.optimise(), shares_stock=True)).shares_stock


def test_a_plan_of_an_earlier_version_is_read():
    content = {name: each for name, each in EMPTY.as_dict().items() if name not in MAY_LACK}
    assert plan_from_dict(content) == EMPTY


def findings(content: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        plan_from_dict(content)
    return [finding.message for finding in caught.value.findings]


def test_all_that_is_wrong_is_said_at_once():
    content = json.loads(json.dumps(SCENE.optimise().as_dict()))
    content["status"] = "splendid"
    content["purchases"][0]["units"] = "many"
    content["purchases"][1]["stock_id"] = 5
    content["checks"][0]["ok"] = 1
    content["warnings"].append({"message": "half"})
    del content["uses"][0]["from"]
    content["extra"] = None
    told = findings(content)
    assert len(told) == 9, told
    for part in (
        "status: 'splendid'",
        "purchases[0].units: 'many' is not a number",
        "purchases[1].stock_id: 5 is not text",
        "checks[0].ok: 1 is neither true nor false",
        "].sheet: the field is missing",
        "].remedy: the field is missing",
        "uses[0].from: the field is missing",
        "extra: no such field is known",
    ):
        assert any(part in message for message in told), part


@pytest.mark.parametrize("name", sorted(set(plan_to_dict(EMPTY)) - MAY_LACK))
def test_every_field_is_needed_and_of_its_kind(name):
    content = SCENE.optimise().as_dict()
    without = {key: value for key, value in content.items() if key != name}
    assert findings(without) == [f"The document's {name}: the field is missing."]
    assert findings({**content, name: object()})


@pytest.mark.parametrize("content", [None, [], "plan", 1, {}])
def test_what_is_no_plan_is_refused(content):
    assert findings(content)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, None, [], "1e999999999999"])
def test_what_is_no_amount_is_refused(value):
    content = SCENE.optimise().as_dict()
    content["purchases"][0]["cost_gbp"] = value
    assert findings(content)


def test_sums_that_do_not_follow_from_the_lines_are_refused():
    content = SCENE.optimise().as_dict()
    content["purchases"][0]["cost_gbp"] += 1
    told = findings(content)
    assert [message.split(":")[0] for message in told] == [
        "The document's gap",
        "The document's cost",
    ]
