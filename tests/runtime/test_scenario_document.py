"""Requirement, site and policy written as documents come back the same, with the same hash."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.errors import Finding, InputError
from bng_opt.market import ContractThresholds, Market
from bng_opt.metric import read_metric
from bng_opt.metric.requirement import HabitatChange, LedgerRequirement, Requirement
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.scenario import Scenario
from bng_opt.places import Site
from bng_opt.reference import Ledger, catalogue
from bng_opt.resources import data_dir
from bng_opt.runtime.scenario_document import (
    inputs_from_dict,
    inputs_to_dict,
    policy_from_dict,
    policy_to_dict,
    requirement_from_dict,
    requirement_to_dict,
    site_from_dict,
    site_to_dict,
)
from tests.support.scenarios import NEUTRAL, SCRUB, Line, Scene, draw_scene

SCENE = Scene((Line(NEUTRAL, 4, 20_000, "A"),), {NEUTRAL: -1.0, SCRUB: 0.3}, {"area": 1.1})

SITES = (
    lambda: Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon"),
    lambda: Site.from_names(["Leeds", "Bradford"], ["Southern Pennines", "38"]),
    lambda: Site.from_names("Allerdale", "Solway Basin"),
    lambda: Site.from_postcode("LS1 4AP"),
    lambda: Site.from_postcode("LS1"),
    lambda: Site.from_point(53.2146, -1.6747),
    lambda: Site.from_grid_reference("SE 298 337"),
    lambda: Site.from_names(
        "Cornwall",
        "Cornish Killas",
        waterbody=["GB109054039470", "GB109054039490"],
        operational_catchment="Avon Rural Rivers and Lakes",
        marine_plan_area="South West Inshore",
        extra_neighbours=[("lpa", "Leeds"), ("nca", "Arden")],
        removed_neighbours=[("lpa", "Plymouth")],
    ),
    lambda: Site(("Leeds",), ("Southern Pennines",)),
)

POLICIES = (
    Policy(),
    Policy(mode="like_for_like", size_by="bank", max_banks=3, credits=True, quoted="half"),
    Policy(
        min_units_per_bank="0.250",
        market_step=0.05,
        must_use={"B2", "A1"},
        must_not_use={"Z", "Y"},
        gap_gbp="12.50",
        time_limit_s=7.25,
        contract_thresholds=ContractThresholds(medium=Decimal("3.0")),
    ),
    Policy(contract_thresholds=ContractThresholds(medium=3, large=Decimal(20))),
)


def through_json(document: object) -> dict[str, object]:
    return json.loads(json.dumps(document, allow_nan=False))


def assert_the_same(requirement: Requirement, site: Site, policy: Policy, market: Market) -> None:
    again = inputs_from_dict(through_json(inputs_to_dict(requirement, site, policy)))
    assert again == (requirement, site, policy)
    assert again[1].warnings == site.warnings
    assert list(again[0].ledgers) == list(requirement.ledgers)
    assert again[0].need == requirement.need
    one = Scenario(requirement, market, site, policy)
    two = Scenario(again[0], market, again[1], again[2])
    assert one.digest == two.digest


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("site", SITES)
def test_any_site_and_policy_come_back(site, policy):
    assert_the_same(SCENE.requirement(), site(), policy, SCENE.market())


def test_every_official_workbook_comes_back(shared_workbooks: Path):
    workbooks = sorted(shared_workbooks.glob("*.xlsx"))
    assert len(workbooks) >= 10
    for workbook in workbooks:
        assert_the_same(read_metric(workbook), SITES[0](), POLICIES[2], SCENE.market())


def test_the_demonstration_with_its_warnings_comes_back():
    requirement = read_metric(data_dir() / "demo" / "metric.xlsx")
    assert all((requirement.project, requirement.source))
    assert_the_same(requirement, SITES[0](), POLICIES[0], SCENE.market())


@pytest.mark.parametrize("seed", range(30))
def test_any_drawn_scenario_comes_back(seed):
    scene = draw_scene(Random(seed))
    scenario = scene.scenario()
    assert_the_same(scenario.requirement, scenario.site, scenario.policy, scenario.market)


NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9)
CHANGES = st.lists(
    st.builds(HabitatChange, st.sampled_from(catalogue().of(Ledger.AREA)), NUMBERS, NUMBERS),
    max_size=3,
    unique_by=lambda change: change.habitat.name,
).map(tuple)
WORDS = st.text(max_size=6)
FINDINGS = st.builds(
    Finding,
    WORDS,
    WORDS,
    st.none() | WORDS,
    st.none() | WORDS,
    st.none() | WORDS,
    st.none() | st.integers(1),
    st.none() | WORDS,
)


@given(CHANGES, NUMBERS, NUMBERS, st.none() | NUMBERS, st.lists(FINDINGS, max_size=2), WORDS)
def test_any_requirement_comes_back_to_the_last_bit(
    changes, baseline, deficit, target, warnings, w
):
    ledgers = {ledger: LedgerRequirement(ledger, 0.0, 0.0) for ledger in Ledger}
    ledgers[Ledger.AREA] = LedgerRequirement(Ledger.AREA, baseline, deficit, changes)
    requirement = Requirement("4.1", target, ledgers, tuple(warnings), w, w, w)
    again = requirement_from_dict(through_json(requirement_to_dict(requirement)))
    assert again == requirement
    assert again.ledgers[Ledger.AREA].deficit.hex() == deficit.hex()


def test_sites_differ_in_what_was_doubted_and_keep_it():
    guess = SITES[4]()
    assert guess.warnings
    assert site_from_dict(site_to_dict(guess)).confidence is guess.confidence


def refusals(read: object, document: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(document)
    return [finding.message for finding in caught.value.findings]


def test_what_is_wrong_in_all_three_is_said_at_once():
    document = through_json(inputs_to_dict(SCENE.requirement(), SITES[7](), POLICIES[1]))
    document["requirement"]["ledgers"]["area"]["changes"][0]["habitat"] = "Moon dust"
    del document["requirement"]["ledgers"]["hedgerow"]
    document["requirement"]["target"] = "10%"
    document["site"]["lpas"] = "Leeds"
    document["site"]["extra_neighbours"] = [["parish", "Leeds"], ["lpa", "Nowhere"], "lpa"]
    document["policy"]["max_banks"] = 2.5
    document["policy"]["credits"] = "yes"
    document["policy"]["colour"] = "green"
    told = refusals(inputs_from_dict, document)
    for part in (
        'Unknown area habitat "Moon dust"',
        "requirement.ledgers.hedgerow: the field is missing",
        "requirement.target: '10%' is not a finite number",
        "site.lpas: 'Leeds' is not a list",
        "'parish' is not a valid Axis",
        "'Nowhere'",
        "site.extra_neighbours[2]: it is not a pair",
        "policy.max_banks: 2.5 is not a whole number",
        "policy.credits: 'yes' is neither true nor false",
        "policy.colour: no such field is known",
    ):
        assert any(part in message for message in told), (part, told)
    assert len(told) == 10


def test_a_missing_part_is_one_finding():
    document = inputs_to_dict(SCENE.requirement(), SITES[0](), POLICIES[0])
    del document["policy"]
    assert refusals(inputs_from_dict, document) == ["The document's policy: the field is missing."]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "hopeful"),
        ("market_step", "0"),
        ("gap_gbp", "-1"),
        ("max_banks", 0),
        ("time_limit_s", -1.0),
        ("contract_thresholds", {"small": 3, "medium": 2, "large": 15}),
        ("contract_thresholds", {"small": 1}),
        ("must_use", ["A", 1]),
        ("min_units_per_bank", float("nan")),
    ],
)
def test_a_wish_that_cannot_be_is_refused(name, value):
    document = policy_to_dict(Policy())
    assert refusals(policy_from_dict, {**document, name: value})


@pytest.mark.parametrize("name", sorted(site_to_dict(SITES[0]())))
def test_every_field_of_a_site_is_needed(name):
    document = site_to_dict(SITES[0]())
    del document[name]
    assert refusals(site_from_dict, document) == [f"The document's {name}: the field is missing."]


def test_a_figure_that_is_no_number_is_refused():
    requirement = SCENE.requirement()
    document = requirement_to_dict(requirement)
    document["ledgers"]["area"]["deficit"] = float("nan")
    assert refusals(requirement_from_dict, document)
    assert replace(requirement, project="") != requirement
