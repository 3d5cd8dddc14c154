"""How a report ended, told in its notebook and read back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bng_opt.batch.content.outcome import MIME, Failure, Outcome, outcome_of, worst
from bng_opt.errors import ExitStatus
from bng_opt.optimiser.plan import PlanStatus
from tests.support.command_line import FOUR_BANKS

DONE, BAD = ExitStatus.DONE, ExitStatus.BAD_INPUT
NONE, UNPROVEN = ExitStatus.NO_LAWFUL_PURCHASE, ExitStatus.NOT_PROVEN


def notebook(*outputs: dict[str, object]) -> dict[str, object]:
    cells = [{"cell_type": "markdown"}]
    cells += [
        {"cell_type": "code", "outputs": [{"data": data}, {"text": "log"}]} for data in outputs
    ]
    return {"cells": cells}


def test_an_outcome_survives_the_notebook_s_file() -> None:
    outcome = Outcome(NONE, "no", "None exists.", "Proven.", "abc", (Failure("A", "sold out"),))
    told = json.loads(json.dumps(outcome.as_dict()))
    assert outcome_of(notebook({MIME: told})) == outcome


def test_a_notebook_that_tells_none_has_none_and_the_last_counts() -> None:
    first = Outcome(DONE, "made", "1", "").as_dict()
    last = Outcome(DONE, "made", "2", "").as_dict()
    assert outcome_of(notebook({"text/plain": "x"})) is None
    found = outcome_of(notebook({MIME: first}, {MIME: last}, {}))
    assert found is not None
    assert found.result == "2"


def test_a_plan_s_outcome_is_its_result_with_its_proof() -> None:
    plan = FOUR_BANKS.optimise()
    outcome = Outcome.of_plan(plan)
    assert (outcome.exit_status, outcome.status) == (DONE, "proven")
    assert outcome.proof == plan.proof
    assert outcome.scenario == plan.scenario
    assert outcome.result.startswith("Buy ")


def test_a_plan_without_its_proof_is_told_by_the_status() -> None:
    plan = replace(FOUR_BANKS.optimise(), status=PlanStatus.FEASIBLE)
    outcome = Outcome.of_plan(plan)
    assert (outcome.exit_status, outcome.status) == (UNPROVEN, "not proven")
    assert outcome.proof.startswith("Not proven")


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], DONE),
        ([DONE, DONE], DONE),
        ([DONE, UNPROVEN], UNPROVEN),
        ([UNPROVEN, NONE], NONE),
        ([NONE, BAD, UNPROVEN], BAD),
    ],
)
def test_the_worst_of_many_counts(statuses: list[ExitStatus], expected: ExitStatus) -> None:
    assert worst(statuses) is expected
    assert worst(reversed(statuses)) is expected
