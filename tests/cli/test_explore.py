"""``bng-opt alternatives`` and ``sensitivity``: reports, JSON, files, exit statuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

import bng_opt
from bng_opt.optimiser.plan import Plan, PlanStatus
from tests.support.command_line import Runner, in_process_of_its_own, write_job

PNG = b"\x89PNG"


@pytest.fixture(name="bng")
def _bng(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)


@pytest.fixture(name="job")
def _job(tmp_path: Path) -> tuple[str, ...]:
    return write_job(tmp_path)


@pytest.fixture(name="unproven")
def _unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the search end without its proof."""
    search = bng_opt.optimise

    def without_proof(*args: Any, **rest: Any) -> Plan:
        plan = search(*args, **rest)
        return Plan(**{**vars(plan), "status": PlanStatus.FEASIBLE})

    monkeypatch.setattr(bng_opt, "optimise", without_proof, raising=False)


# --- alternatives


def test_alternatives_are_reported_with_baselines_margins_and_what_binds(
    bng: Runner, job: tuple[str, ...]
) -> None:
    said = bng("alternatives", *job)
    assert (said.status, said.err) == (0, "")
    words = said.out
    assert "one bank instead of three, D in place of A, B and C, +£2,300" in words
    assert all(part in words for part in ("The plan saves", "What one more unit costs"))
    assert "What binds" in words


def test_alternatives_as_json_is_one_object_with_every_part(
    bng: Runner, job: tuple[str, ...]
) -> None:
    said = bng("alternatives", *job, "--json")
    assert (said.status, said.err) == (0, "")
    assert said.json.keys() == {"status", "alternatives", "margins", "baselines", "plan"}
    one = said.json["alternatives"]["by_bank_count"][0]
    assert (one["extra_gbp"], one["banks"]) == (2300.0, ["D"])
    assert said.json["plan"]["cost"]["total_gbp"] == 60_000.0


def test_the_count_says_how_many_of_the_next_best(bng: Runner, job: tuple[str, ...]) -> None:
    for count in (0, 1, 2):
        said = bng("alternatives", *job, "--count", str(count), "--json")
        assert len(said.json["alternatives"]["next_best"]) == count


def test_alternatives_are_written_with_their_figures(
    bng: Runner, job: tuple[str, ...], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    said = bng("alternatives", *job, "--json", "--out", str(out))
    assert json.loads((out / "alternatives.json").read_text("utf-8")) == said.json
    with (out / "alternatives.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["label"] == "At most one bank"
    assert float(rows[0]["extra_gbp"]) == 2300
    for name in ("cost_against_banks.png", "map.png"):
        content = (out / name).read_bytes()
        assert content.startswith(PNG)
        assert b"Description" in content
        assert name in said.err


def test_wishes_hold_for_alternatives_too(bng: Runner, job: tuple[str, ...]) -> None:
    said = bng("alternatives", *job, "--max-banks", "1", "--json")
    assert said.json["plan"]["cost"]["total_gbp"] == 62_300.0


def test_a_bank_both_required_and_excluded_is_named_as_both(
    bng: Runner, job: tuple[str, ...]
) -> None:
    words = ("--must-use", "A", "B", "--must-not-use", "B", "A", "--json")
    said = bng("alternatives", *job, *words)
    assert said.status == 2
    text = " ".join(finding["message"] for finding in said.findings)
    assert 'Bank "A" is both required and excluded.' in text
    assert 'Bank "B" is both required and excluded.' in text


def test_wrong_numbers_and_a_wrong_job_are_said_at_once(bng: Runner, job: tuple[str, ...]) -> None:
    wrong = ("--count", "x", "--jobs", "0", "--mode", "lenient", "--postcode", "CV37 6HB")
    said = bng("alternatives", *job, *wrong, "--json")
    assert said.status == 2
    assert len(said.findings) == 4


def test_alternatives_of_what_can_t_be_bought_have_status_3(bng: Runner, tmp_path: Path) -> None:
    said = bng("alternatives", *write_job(tmp_path, units=9.0))
    assert (said.status, said.out) == (3, "")


@pytest.mark.usefixtures("unproven")
def test_an_unproven_plan_has_status_4(bng: Runner, job: tuple[str, ...]) -> None:
    assert bng("alternatives", *job).status == 4
    assert bng("sensitivity", *job, "--need", "1.1").status == 4


def test_an_interrupt_between_searches_has_status_4(
    bng: Runner, job: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bng_opt.runtime import explore

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(explore, "alternatives", interrupt)
    said = bng("alternatives", *job, "--json")
    assert said.status == said.json["error"]["exit_status"] == 4


def test_two_processes_answer_as_one_does(bng: Runner, job: tuple[str, ...]) -> None:
    one = bng("alternatives", *job, "--json").json
    two = bng("alternatives", *job, "--jobs", "2", "--json").json
    for part in ("alternatives", "baselines", "margins"):
        assert one[part] == two[part]


# --- sensitivity


def test_sensitivity_tries_the_usual_factors(bng: Runner, job: tuple[str, ...]) -> None:
    said = bng("sensitivity", *job, "--json")
    assert said.status == 0
    what = {row["what"] for row in said.json["rows"]}
    assert what == {"as it is", "need", "prices", *(f"stock of {bank}" for bank in "ABC")}


def test_sensitivity_tries_only_what_is_asked_for(bng: Runner, job: tuple[str, ...]) -> None:
    words = ("--prices", "1.1", "--bank-stock", "A=0", "D=0,2")
    rows = bng("sensitivity", *job, *words, "--json").json["rows"]
    asked = [("as it is", 1.0), ("prices", 1.1)]
    asked += [("stock of A", 0.0), ("stock of D", 0.0), ("stock of D", 2.0)]
    assert [(row["what"], row["factor"]) for row in rows] == asked
    assert rows[1]["total_gbp"] == pytest.approx(66_000)
    # Without A a unit comes from D, with its fee.
    assert rows[2]["change_gbp"] == pytest.approx(900)


def test_sensitivity_is_written_with_its_figure(
    bng: Runner, job: tuple[str, ...], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    said = bng("sensitivity", *job, "--need", "0.5,4", "--out", str(out))
    assert said.status == 0
    assert "impossible" in said.out
    assert sorted(path.name for path in out.iterdir()) == [
        "sensitivity.csv", "sensitivity.json", "sensitivity.png",
    ]  # fmt: skip


def test_wrong_factors_and_unknown_banks_are_found_before_the_search(
    bng: Runner, job: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bng_opt, "optimise", None, raising=False)
    wrong = ("--need", "x", "--prices", "0", "--bank-stock", "A", "--jobs", "0")
    said = bng("sensitivity", *job, *wrong, "--json")
    assert (said.status, len(said.findings)) == (2, 4)
    unknown = bng("sensitivity", *job, "--bank-stock", "X=0", "Y=0", "--json")
    assert (unknown.status, len(unknown.findings)) == (2, 2)


def test_a_process_of_its_own_prints_json_alone(job: tuple[str, ...]) -> None:
    said = in_process_of_its_own("sensitivity", *job, "--need", "0.9", "--json")
    assert (said.status, said.err) == (0, "")
    assert said.out.isascii()
    assert said.json["status"] == "optimal"
