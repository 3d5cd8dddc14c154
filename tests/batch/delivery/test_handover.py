"""What recipients may get, and what the owner alone hears of."""

from __future__ import annotations

import json

import pytest

from bng_opt.batch.delivery.handover import Handover
from bng_opt.batch.report_run import RunState
from bng_opt.errors import ExitStatus, Finding, InputError
from tests.batch.delivery.conftest import BLANK, Made


@pytest.mark.parametrize(
    ("state", "status", "sound"),
    [
        (RunState.MADE, ExitStatus.DONE, True),
        (RunState.KEPT, ExitStatus.DONE, True),
        (RunState.MADE, ExitStatus.NO_LAWFUL_PURCHASE, True),
        (RunState.MADE, ExitStatus.NOT_PROVEN, True),
        (RunState.MADE, ExitStatus.BAD_INPUT, False),
        (RunState.MADE, ExitStatus.BUG, False),
        (RunState.FAILED, ExitStatus.BAD_INPUT, False),
        (RunState.WAITING, ExitStatus.DONE, False),
    ],
)
def test_an_answer_is_handed_over_and_a_failure_is_not(
    made: Made, state: RunState, status: ExitStatus, sound: bool
) -> None:
    handover = made.handover(made.run("Ash", state, status))
    assert bool(handover.sound) is sound
    assert bool(handover.unsound) is not sound
    assert handover.is_whole is sound


def test_one_failure_makes_it_partial(made: Made) -> None:
    handover = made.handover(made.sound, made.failed)
    assert [run.title for run in handover.sound] == ["Ash"]
    assert [run.title for run in handover.unsound] == ["Brook"]
    assert not handover.is_whole


def test_nothing_run_is_not_whole() -> None:
    assert not BLANK.is_whole
    error = BLANK.of_error(InputError(Finding("No such file.", "Add it.")))
    assert (error.exit_status, error.is_whole) == (ExitStatus.BAD_INPUT, False)


def test_it_comes_back_from_plain_values_as_it_was(made: Made) -> None:
    left_out = (Finding("Row is bad.", "Mend it.", file="a.csv", row=3, column="lpa"),)
    handover = made.handover(
        made.sound, made.failed, left_out=left_out, exit_status=ExitStatus.BAD_INPUT
    )
    assert Handover.from_dict(json.loads(json.dumps(handover.as_dict()))) == handover
