"""The scenario's hash: the same for the same question, another for another."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bng_opt.market import ContractThresholds
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.scenario import Scenario
from bng_opt.places import Site
from tests.support.scenarios import (
    AREA,
    CEREAL,
    FAR,
    HEDGE_LOW,
    HEDGEROW,
    NEUTRAL,
    SCRUB,
    WOODLAND,
    BankSpec,
    Line,
    Scene,
)

LINES = (
    Line(NEUTRAL, 4, 20_000, "A", lost=CEREAL, lost_units=1, quoted=1),
    Line(SCRUB, 4, 21_000, "B"),
)
SCENE = Scene(
    LINES, {WOODLAND: -1.0, NEUTRAL: -0.5}, {AREA: 1.5, HEDGEROW: 0.5}, (BankSpec("A", fee="100"),)
)


def digest(scene: Scene, site: Site | None = None, **wishes: object) -> str:
    whole = scene.scenario()
    policy = Policy(**{**scene.wishes, **wishes})
    return Scenario(whole.requirement, whole.market, site or whole.site, policy).digest


def test_it_is_a_sha_256():
    assert len(bytes.fromhex(digest(SCENE))) == 32


def test_the_order_of_rows_changes_nothing():
    mixed = replace(
        SCENE,
        lines=SCENE.lines[::-1],
        banks=SCENE.banks[::-1],
        changes=dict(reversed(SCENE.changes.items())),
        deficits=dict(reversed(SCENE.deficits.items())),
    )
    assert digest(mixed) == digest(SCENE)


@pytest.mark.parametrize(
    "same",
    [
        {"max_banks": None},
        {"market_step": "0.010"},
        {"market_step": 0.01},
        {"gap_gbp": "1.00"},
        {"gap_gbp": 1},
        {"gap_gbp": 1.0},
        {"min_units_per_bank": "0.0"},
        {"mode": "statutory"},
        {"must_use": set()},
        {"contract_thresholds": ContractThresholds()},
        {"contract_thresholds": ContractThresholds(medium=Decimal("2.50"))},
        {"contract_thresholds": ContractThresholds(large=Decimal("15.0"))},
    ],
)
def test_another_spelling_of_the_same_wish_changes_nothing(same):
    assert digest(SCENE, **same) == digest(SCENE)


def test_banks_may_be_required_in_any_order():
    both = [frozenset("AB"), frozenset("BA")]
    assert digest(SCENE, must_use=both[0]) == digest(SCENE, must_use=both[1])
    assert digest(SCENE, time_limit_s=1) == digest(SCENE, time_limit_s=1.0)
    assert digest(SCENE, gap_gbp=10) == digest(SCENE, gap_gbp=Decimal("1E+1"))


def test_a_whole_number_is_the_same_as_its_decimal():
    spelt = replace(SCENE, lines=(replace(LINES[0], units="4.000", price="20000.00"), LINES[1]))
    assert digest(spelt) == digest(SCENE)


def test_a_change_of_zero_written_with_a_sign_is_the_same():
    zero = replace(SCENE, deficits={**SCENE.deficits, HEDGEROW: 0.0})
    minus = replace(SCENE, deficits={**SCENE.deficits, HEDGEROW: -0.0})
    assert digest(zero) == digest(minus)


def test_an_authoritys_former_name_is_the_same_place():
    old = Site.from_names("Allerdale", "Solway Basin")
    new = Site.from_names("Cumberland", "Solway Basin")
    assert digest(SCENE, replace(old, lat=None, lon=None)) == digest(
        SCENE, replace(new, lat=None, lon=None)
    )


OTHERS = {
    "a change": replace(SCENE, changes={WOODLAND: -1.01, NEUTRAL: -0.5}),
    "a habitat": replace(SCENE, changes={WOODLAND: -1.0, SCRUB: -0.5}),
    "a deficit": replace(SCENE, deficits={AREA: 1.6, HEDGEROW: 0.5}),
    "a ledger": replace(SCENE, deficits={AREA: 1.5}),
    "a price": replace(SCENE, lines=(replace(LINES[0], price=20_001), LINES[1])),
    "a basis": replace(SCENE, lines=(replace(LINES[0], basis="delivered"), LINES[1])),
    "stock": replace(SCENE, lines=(replace(LINES[0], units="3.99", net=4), LINES[1])),
    "a baseline": replace(SCENE, lines=(replace(LINES[0], lost_units=2), LINES[1])),
    "quoted units": replace(SCENE, lines=(replace(LINES[0], quoted=2), LINES[1])),
    "another line": replace(SCENE, lines=(*LINES, Line(HEDGE_LOW, 1, 1, "B"))),
    "a fee": replace(SCENE, banks=(BankSpec("A", fee="101"), SCENE.banks[1])),
    "a place": replace(SCENE, banks=(BankSpec("A", land=FAR, fee="100"), SCENE.banks[1])),
    "a point": replace(SCENE, banks=(BankSpec("A", fee="100", lat=52.0, lon=-1.0), SCENE.banks[1])),
}


@pytest.mark.parametrize("what", OTHERS)
def test_whatever_changes_the_answer_changes_the_hash(what):
    assert digest(OTHERS[what]) != digest(SCENE)


@pytest.mark.parametrize(
    "wish",
    [
        {"mode": "like_for_like"},
        {"size_by": "bank"},
        {"max_banks": 2},
        {"min_units_per_bank": 1},
        {"market_step": "0.1"},
        {"must_use": {"A"}},
        {"must_not_use": {"A"}},
        {"credits": True},
        {"quoted": "half"},
        {"gap_gbp": 0},
        {"contract_thresholds": ContractThresholds(medium=Decimal(3))},
    ],
)
def test_every_wish_changes_the_hash(wish):
    assert digest(SCENE, **wish) != digest(SCENE)


@pytest.mark.parametrize(
    "site",
    [
        Site.from_names("Cherwell", "Cotswolds"),
        Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon"),
        Site.from_names(
            "Stratford-on-Avon", "Dunsmore and Feldon", extra_neighbours=[("lpa", "Leeds")]
        ),
    ],
)
def test_another_site_changes_the_hash(site):
    assert digest(SCENE, site) != digest(SCENE)
