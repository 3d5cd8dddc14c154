"""The step Metric: from a file, from typed lines, from the example, from a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bng_opt.app.services import Services
from bng_opt.app.state.metric import NeedOrigin, NeedRow, habitat_names
from bng_opt.app.state.session import Session
from bng_opt.errors import InputError
from bng_opt.metric.requirement import Requirement
from bng_opt.resources import data_dir

EXAMPLE = data_dir() / "demo" / "metric.xlsx"


def test_a_workbook_gives_what_the_library_reads(session: Session, demo_need: Requirement) -> None:
    session.metric.read_file("metric.xlsx", EXAMPLE.read_bytes())
    assert session.metric.requirement.need == demo_need.need
    assert session.metric.origin is NeedOrigin.FILE
    assert session.metric.is_done
    assert "units to buy" in session.metric.summary()


def test_a_bad_file_is_told_and_the_earlier_need_stays(session: Session) -> None:
    session.metric.load_example()
    before = session.metric.requirement
    with pytest.raises(InputError, match=r"holiday\.xlsx"):
        session.metric.read_file("holiday.xlsx", b"PK\x03\x04 no workbook")
    with pytest.raises(InputError, match="another kind of file"):
        session.metric.read_file("plan.pdf", b"%PDF-1.7")
    assert session.metric.requirement is before
    assert session.metric.source == "the example workbook"


def test_all_typed_lines_that_cannot_be_are_told_at_once(session: Session) -> None:
    rows = [NeedRow("area", "Unicorn meadow", "1"), NeedRow("area", "Mixed scrub", "-2"), NeedRow()]
    session.metric.type_rows(rows)
    with pytest.raises(InputError) as caught:
        session.metric.use_rows()
    assert len(caught.value.findings) == 2
    assert session.metric.rows == tuple(rows)
    assert session.metric.requirement is None


def test_what_is_wrong_is_told_by_the_line_as_it_was_typed(session: Session) -> None:
    meadow = NeedRow("area", "Lowland meadows", "1")
    rows = [NeedRow(), meadow, NeedRow(), meadow, NeedRow("hedgerow", "Net gain", "1,000")]
    session.metric.type_rows(rows)
    with pytest.raises(InputError) as caught:
        session.metric.use_rows()
    doubled, separated = caught.value.findings
    assert doubled.message.startswith("Line 4, habitat: ")
    assert doubled.message.endswith("stands already in line 2.")
    assert doubled.remedy == "Add the units of the two lines up in one line."
    assert separated.message == 'Line 5, units missing: "1,000" has a thousands separator.'
    assert (doubled.where, separated.where) == ("", "")


def test_typed_lines_become_the_need(session: Session) -> None:
    name = next(each for each in habitat_names("area") if "Mixed scrub" in each)
    rows = [NeedRow("area", f" {name} ", "1.25"), NeedRow("hedgerow", "Net gain", "0.5")]
    session.metric.type_rows(rows)
    session.metric.use_rows()
    assert float(session.metric.requirement.need) == 1.75
    assert session.metric.source == "the need as typed"


def test_nothing_typed_is_said(session: Session) -> None:
    with pytest.raises(InputError, match="No line is filled in"):
        session.metric.use_rows()


def test_a_satisfied_metric_says_that_nothing_is_to_be_bought(
    session: Session, shared_workbooks: Path
) -> None:
    session.metric.read_file(
        "done.xlsx", (shared_workbooks / "d05_already_net_gain.xlsx").read_bytes()
    )
    assert session.metric.blockers() == (
        "Nothing needs to be bought: the metric is satisfied as it is.",
    )


def test_the_state_survives_as_json(session: Session, services: Services) -> None:
    session.metric.load_example()
    session.metric.type_rows([NeedRow("area", "half typed", "")])
    other = Session(services)
    other.metric.set_state(json.loads(json.dumps(session.metric.get_state())))
    assert other.metric.requirement.need == session.metric.requirement.need
    assert other.metric.rows == session.metric.rows
    assert other.metric.origin is NeedOrigin.EXAMPLE
