"""Wishes as they are typed, and the policy that they make."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.app.state.wishes import Wishes, policy_of, wishes_from_dict, wishes_of
from bng_opt.errors import InputError
from bng_opt.market import ContractThresholds
from bng_opt.optimiser.policy import Mode, Policy, Quoted, SizeBy

OPTIONS = ("max_banks", "must_use", "min_units", "market_step", "gap_gbp", "time_limit_s", "None")


def test_nothing_entered_is_the_package_s_own_policy() -> None:
    assert policy_of(Wishes()) == Policy()
    assert wishes_of(Policy()) == Wishes()


def test_every_wish_reaches_the_policy() -> None:
    wishes = Wishes(
        "like_for_like", "bank", " 3 ", "0.5", ("B2", "B1"), ("B3",), "half", True, "1,800",
        "0.1", "0.2", "3", "20", "£0.50",
    )  # fmt: skip
    assert policy_of(wishes) == Policy(
        mode=Mode.LIKE_FOR_LIKE,
        size_by=SizeBy.BANK,
        max_banks=3,
        min_units_per_bank=Decimal("0.5"),
        market_step=Decimal("0.1"),
        contract_thresholds=ContractThresholds(Decimal("0.2"), Decimal(3), Decimal(20)),
        must_use={"B1", "B2"},
        must_not_use={"B3"},
        credits=True,
        quoted=Quoted.HALF,
        gap_gbp=Decimal("0.50"),
        time_limit_s=1800.0,
    )


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"max_banks": "0"}, "limit on banks can't be 0"),
        ({"max_banks": "2.5"}, "limit on banks can't be 2.5"),
        ({"max_banks": "three"}, 'limit on banks "three" is no number'),
        ({"min_units_per_bank": "-1"}, "least purchase"),
        ({"min_units_per_bank": "nan"}, "is no number"),
        ({"time_limit_s": "0"}, "time limit can't be 0 seconds"),
        ({"time_limit_s": "1e300"}, "time limit"),
        ({"market_step": ""}, "step in which units are sold"),
        ({"market_step": "0"}, "step in which units are sold"),
        ({"gap_gbp": "-0.01"}, "gap of the proof"),
        ({"medium": "0.05"}, "can't begin at 0.1, 0.05, 15"),
        ({"small": "a", "large": "b"}, "small contract"),
        ({"must_use": ("B1",), "must_not_use": ("B1",)}, "both must and must not"),
        ({"must_use": ("B1", "B2"), "max_banks": "1"}, "at most 1"),
    ],
)
def test_what_can_t_be_is_said_without_an_option_s_name(
    wishes: dict[str, object], words: str
) -> None:
    with pytest.raises(InputError) as refused:
        policy_of(Wishes().changed(**wishes))
    assert words in str(refused.value)
    assert all(finding.remedy for finding in refused.value.findings)
    assert not [name for name in OPTIONS if name in str(refused.value)]


def test_all_that_can_t_be_is_said_at_once() -> None:
    with pytest.raises(InputError) as refused:
        policy_of(Wishes(max_banks="x", time_limit_s="-1", gap_gbp="y"))
    assert len(refused.value.findings) == 3


@given(
    st.builds(
        Policy,
        mode=st.sampled_from(Mode),
        max_banks=st.none() | st.integers(1, 99),
        min_units_per_bank=st.decimals(0, 99, places=4),
        market_step=st.decimals("0.000001", 1, places=6),
        gap_gbp=st.decimals(0, 1000, places=2),
        time_limit_s=st.none() | st.floats(0.01, 9999, allow_subnormal=False),
        must_not_use=st.frozensets(st.text("AB1", min_size=1), max_size=3),
    )
)
def test_a_policy_is_entered_and_read_again_as_it_was(policy: Policy) -> None:
    wishes = wishes_of(policy)
    assert policy_of(wishes) == policy
    assert wishes_from_dict(json.loads(json.dumps(wishes.as_dict()))) == wishes


@pytest.mark.parametrize(
    "mapping", [{"mode": "free"}, {"credits": "yes"}, {"unheard": 1}, {"must_use": "B1"}]
)
def test_a_state_that_isn_t_ours_is_refused(mapping: dict[str, object]) -> None:
    with pytest.raises(InputError, match="can't be read"):
        wishes_from_dict(mapping)
