"""Findings of the library, as the page says them."""

from __future__ import annotations

import pytest

import bng_opt
from bng_opt.app.state.plain_words import in_plain_words
from bng_opt.errors import BngOptError, Finding
from bng_opt.optimiser.policy import Policy
from tests.support.questions import Question, small
from tests.support.scenarios import AREA, NEUTRAL, Line, Scene
from tests.support.scenarios import site as usual_site

OPTIONS = [*Policy.model_fields, "credits=True", ".csv", "time-out"]
OPTIONS.remove("mode")
OPTIONS.remove("credits")
OPTIONS.remove("quoted")


def refusal(question: Question) -> BngOptError:
    with pytest.raises(BngOptError) as refused:
        bng_opt.optimise(*question)
    return refused.value


@pytest.mark.parametrize(
    "wishes",
    [
        {},
        {"must_use": {"A"}, "min_units_per_bank": 4},
        {"must_use": {"NOWHERE"}},
        {"max_banks": 1},
        {"max_banks": 1, "must_use": {"A"}},
    ],
)
def test_no_option_s_name_is_left(wishes: dict[str, object]) -> None:
    lines = [Line(NEUTRAL, 3, 20_000, bank_id) for bank_id in "ABC"]
    deficit = 8.0 if wishes else 100.0
    scene = Scene(tuple(lines), {}, {AREA: deficit}, wishes=wishes)
    question = Question(scene.requirement(), scene.market(), usual_site(), scene.policy())
    error = refusal(question)
    said = " ".join(map(str, in_plain_words(error.findings, question.market)))
    assert not [name for name in OPTIONS if name in said], said


def test_banks_are_called_by_their_names() -> None:
    market = small().market
    found = Finding(
        'Bank "A" is required but has too little.', "Wishes: required banks A, B; at most 2."
    )
    (said,) = in_plain_words([found], market)
    assert said.message == "Bank Bank A (A) is required but has too little."
    assert said.remedy == "Wishes: required banks Bank A (A), Bank B (B); at most 2."
    assert in_plain_words([found], None) == (found,)
