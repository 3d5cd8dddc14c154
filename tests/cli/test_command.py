"""The command line: every exit status, JSON alone on stdout, findings that say what to do."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import bng_opt
from bng_opt import resources
from bng_opt.cli.app import run_command
from bng_opt.errors import Finding, SolverError
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.output import WRITTEN
from tests.support.command_line import SITE, Runner, in_process_of_its_own
from tests.support.hand_plan import empty_plan, hand_plan
from tests.support.official import with_value

DEMO = resources.data_dir() / "demo"
METRIC, MARKET = str(DEMO / "metric.xlsx"), str(DEMO / "market")
JOB = ("--metric", METRIC, "--market", MARKET, *SITE)

PLAN_KEYS = {
    "status", "gap", "bound_gbp", "mode", "contract_size", "cost", "banks", "purchases", "uses",
    "checks", "scenario", "cached", "seconds",
}  # fmt: skip
PURCHASE_KEYS = {
    "stock_id", "bank_id", "ledger", "habitat", "units", "srm", "delivered_units", "price_gbp",
    "cost_gbp",
}  # fmt: skip


@pytest.fixture(name="bng")
def _bng(capsys: pytest.CaptureFixture[str]) -> Runner:
    return Runner(capsys)


@pytest.fixture(scope="module", name="demo_plan")
def _demo_plan() -> Plan:
    """Return the demonstration's plan, found once for all tests of this file."""
    site = bng_opt.Site.from_names(SITE[1], SITE[3])
    return bng_opt.optimise(bng_opt.read_metric(METRIC), bng_opt.load_market(MARKET), site)


@pytest.fixture(name="plan_file")
def _plan_file(demo_plan: Plan, tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(demo_plan.as_dict()), encoding="utf-8")
    return path


@pytest.fixture(name="answered")
def _answered(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let the search answer at once with a plan by hand; return what it was asked."""
    asked: dict[str, Any] = {"plan": hand_plan()}

    def answer(requirement: Any, market: Any, site: Any, policy: Any, **rest: Any) -> Plan:
        asked.update(requirement=requirement, market=market, site=site, policy=policy, **rest)
        if isinstance(asked["plan"], Exception):
            raise asked["plan"]
        return asked["plan"]

    monkeypatch.setattr(bng_opt, "optimise", answer, raising=False)
    return asked


# --- metric


def test_metric_prints_what_is_lacking(bng: Runner) -> None:
    said = bng("metric", METRIC)
    assert said.status == 0
    assert "Land at Brook Farm" in said.out
    assert "Hedgerow: baseline" in said.out


def test_metric_as_json_has_the_keys_of_the_design(bng: Runner) -> None:
    said = bng("metric", METRIC, "--json")
    assert said.status == 0
    assert {"version", "target", "ledgers", "warnings"} <= said.json.keys()
    assert set(said.json["ledgers"]) == {"area", "hedgerow", "watercourse"}
    area = said.json["ledgers"]["area"]
    assert {"baseline", "deficit", "need", "changes", "shortfalls"} <= area.keys()
    names = {"habitat", "distinctiveness", "on_site", "off_site", "project_wide"}
    assert names <= area["changes"][0].keys()


def test_a_missing_workbook_is_bad_input(bng: Runner) -> None:
    said = bng("metric", "nowhere.xlsx")
    assert said.status == 2
    assert said.out == ""
    assert "nowhere.xlsx" in said.err
    assert "To do:" in said.err


def test_a_missing_workbook_as_json_is_one_object(bng: Runner) -> None:
    said = bng("metric", "nowhere.xlsx", "--json")
    assert said.status == said.json["error"]["exit_status"] == 2
    assert said.err == ""
    assert said.findings[0]["remedy"]


def test_results_are_compared_with_their_rows(bng: Runner, shared_workbooks: Path) -> None:
    said = bng("metric", str(shared_workbooks / "d01_housing_arable.xlsx"), "--check")
    assert said.status == 0
    assert "Results compared with our engine: 320" in said.out


def test_a_result_that_was_typed_over_is_named(
    bng: Runner, shared_workbooks: Path, tmp_path: Path
) -> None:
    source = (shared_workbooks / "d08_with_offsite_rows.xlsx").read_bytes()
    changed = tmp_path / "changed.xlsx"
    changed.write_bytes(with_value(source, "D-3 Off-Site Habitat Enhancment", "AP12", 123.25))
    said = bng("metric", str(changed), "--check", "--json")
    assert said.status == 4
    assert said.json["differences"][0]["cell"] == "AP12"
    assert "ledgers" in said.json


def test_results_alone_can_t_be_compared(bng: Runner) -> None:
    said = bng("metric", METRIC, "--check")
    assert said.status == 2
    assert said.err.count("To do:") == 1
    assert "results only" in said.err


# --- optimise: exit statuses


def test_the_main_job_prints_the_report_and_writes_the_files(bng: Runner, tmp_path: Path) -> None:
    said = bng("optimise", *JOB, "--out", str(tmp_path / "out"))
    assert said.status == 0
    assert "Proven: no lawful purchase is cheaper by more than" in said.out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(WRITTEN)
    assert str(tmp_path / "out" / "plan.xlsx") in said.out


def test_json_has_the_keys_of_the_design_and_equals_plan_json(bng: Runner, tmp_path: Path) -> None:
    said = bng("optimise", *JOB, "--out", str(tmp_path), "--json")
    assert said.status == 0
    assert said.json.keys() >= PLAN_KEYS
    assert said.json["cost"].keys() == {"units_gbp", "credits_gbp", "fees_gbp", "total_gbp"}
    assert said.json["purchases"][0].keys() >= PURCHASE_KEYS
    assert {"bank_id", "category", "srm"} <= said.json["banks"][0].keys()
    assert {"from", "for", "units", "rule"} <= said.json["uses"][0].keys()
    assert {"rule", "ok", "detail"} <= said.json["checks"][0].keys()
    assert said.json["seconds"].keys() == {"read", "model", "solve", "verify", "total"}
    assert json.loads((tmp_path / "plan.json").read_text("utf-8")) == said.json
    assert "plan.json" in said.err


def test_the_cost_is_the_sum_of_the_lines(bng: Runner) -> None:
    plan = bng("optimise", *JOB, "--json").json
    lines = sum(round(line["cost_gbp"] * 100) for line in plan["purchases"])
    fees = sum(round(bank["fee_gbp"] * 100) for bank in plan["banks"])
    assert lines == round(plan["cost"]["units_gbp"] * 100)
    assert lines + fees == round(plan["cost"]["total_gbp"] * 100)


def test_no_lawful_purchase_has_status_3_and_reasons(bng: Runner, tmp_path: Path) -> None:
    poor = tmp_path / "market"
    shutil.copytree(MARKET, poor)
    lines = (poor / "stock.csv").read_text("utf-8").splitlines(keepends=True)
    (poor / "stock.csv").write_text("".join(lines[:3]), encoding="utf-8")
    job = ("--metric", METRIC, "--market", str(poor), *SITE)
    said = bng("optimise", *job)
    assert (said.status, said.out) == (3, "")
    assert "No lawful purchase exists" in said.err
    assert "To do:" in said.err
    as_json = bng("optimise", *job, "--json")
    assert as_json.status == as_json.json["error"]["exit_status"] == 3
    assert as_json.json["error"]["kind"] == "InfeasibleError"


def test_a_plan_without_proof_is_printed_and_has_status_4(
    bng: Runner, answered: dict[str, Any]
) -> None:
    plan = hand_plan()
    answered["plan"] = Plan(**{**vars(plan), "status": PlanStatus.FEASIBLE})
    said = bng("optimise", *JOB)
    assert said.status == 4
    assert "Not proven" in said.out
    assert bng("optimise", *JOB, "--json").json["status"] == "feasible"


def test_a_failed_solver_has_status_4(bng: Runner, answered: dict[str, Any]) -> None:
    answered["plan"] = SolverError(Finding("The time limit passed.", "Allow more time."))
    said = bng("optimise", *JOB)
    assert (said.status, said.out) == (4, "")
    assert "The time limit passed." in said.err


def test_an_interrupt_has_status_4(bng: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> Plan:
        raise KeyboardInterrupt

    monkeypatch.setattr(bng_opt, "optimise", interrupt, raising=False)
    said = bng("optimise", *JOB)
    assert said.status == 4
    assert "Stopped from the keyboard" in said.err


def test_a_bug_has_status_1_and_is_called_one(bng: Runner, answered: dict[str, Any]) -> None:
    answered["plan"] = ZeroDivisionError("division by zero")
    said = bng("optimise", *JOB)
    assert (said.status, said.out) == (1, "")
    assert "bug" in said.err
    assert "ZeroDivisionError" in said.err
    assert "Traceback" not in said.err
    as_json = bng("optimise", *JOB, "--json")
    assert as_json.json["error"]["kind"] == "UnexpectedError"
    assert as_json.json["error"]["exit_status"] == as_json.status == 1


def test_the_traceback_of_a_bug_is_there_for_who_asks(
    bng: Runner, answered: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNG_OPT_DEBUG", "1")
    answered["plan"] = ZeroDivisionError("division by zero")
    assert "Traceback" in bng("optimise", *JOB).err


def test_nothing_to_buy_is_done(bng: Runner, answered: dict[str, Any]) -> None:
    answered["plan"] = empty_plan()
    said = bng("optimise", *JOB)
    assert said.status == 0
    assert "Nothing needs to be bought" in said.out


def test_progress_goes_to_stderr_with_phase_time_cost_and_gap(bng: Runner) -> None:
    said = bng("optimise", *JOB, "--progress", "--json")
    assert said.status == 0
    assert said.json["status"] == "optimal"
    assert "finding a first plan" in said.err
    assert re.search(r"\d\.\d s  .*best so far £[\d,.]+, at most £[\d,.]+ above", said.err)


def test_without_progress_stderr_is_silent(bng: Runner) -> None:
    assert bng("optimise", *JOB, "--json").err == ""


# --- optimise: options


@pytest.mark.parametrize(
    ("words", "wish", "value"),
    [
        (("--mode", "like_for_like"), "mode", "like_for_like"),
        (("--size-by", "bank"), "size_by", "bank"),
        (("--max-banks", "3"), "max_banks", "3"),
        (("--min-units-per-bank", "0.5"), "min_units_per_bank", "0.5"),
        (("--market-step", "0.1"), "market_step", "0.1"),
        (("--credits",), "credits", "True"),
        (("--quoted", "half"), "quoted", "half"),
        (("--gap-gbp", "250"), "gap_gbp", "250"),
        (("--time-limit", "30"), "time_limit_s", "30.0"),
        (("--must-use", "DEMO-001"), "must_use", "frozenset({'DEMO-001'})"),
        (("--must-not-use", "DEMO-001"), "must_not_use", "frozenset({'DEMO-001'})"),
    ],
)
def test_each_wish_reaches_the_search(
    bng: Runner, answered: dict[str, Any], words: tuple[str, ...], wish: str, value: str
) -> None:
    assert bng("optimise", *JOB, *words).status == 0
    assert str(getattr(answered["policy"], wish)) == value


def test_without_wishes_the_package_s_defaults_hold(bng: Runner, answered: dict[str, Any]) -> None:
    assert bng("optimise", *JOB, "--no-cache").status == 0
    assert answered["policy"] == bng_opt.Policy()
    assert answered["read_seconds"] > 0


def test_all_wrong_wishes_are_said_at_once(bng: Runner) -> None:
    wrong = ("--mode", "lenient", "--max-banks", "none", "--quoted", "most", "--gap-gbp", "-1")
    said = bng("optimise", *JOB, *wrong, "--json")
    assert said.status == 2
    assert len(said.findings) == 4


def test_what_is_wrong_in_metric_market_and_site_is_said_at_once(bng: Runner) -> None:
    words = ("--metric", "no.xlsx", "--market", "nomarket", "--lpa", "Atlantis", "--mode", "x")
    said = bng("optimise", *words, "--json")
    assert said.status == 2
    assert len(said.findings) >= 4
    text = json.dumps(said.findings)
    assert all(word in text for word in ("no.xlsx", "nomarket", "Atlantis", "mode"))


def test_a_requirement_table_does_instead_of_a_workbook(
    bng: Runner, answered: dict[str, Any], tmp_path: Path
) -> None:
    table = tmp_path / "requirement.csv"
    table.write_text("ledger,habitat,units\narea,Net gain,1.5\n", encoding="utf-8")
    said = bng("optimise", "--requirement", str(table), "--market", MARKET, *SITE)
    assert said.status == 0
    assert answered["requirement"].need == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--market", MARKET, *SITE), "No need is given"),
        ((*JOB, "--requirement", "x.csv"), "Both --metric and --requirement"),
        (("--metric", METRIC, *SITE), "No market is given"),
        (("--metric", METRIC, "--market", MARKET), "No site given"),
        ((*JOB, "--postcode", "CV37 6HB"), "--lpa and --nca as well as --postcode"),
        ((*JOB, "--point", "52.2,-1.7"), "--lpa and --nca as well as --point"),
    ],
)
def test_missing_and_contradictory_options_are_bad_input(
    bng: Runner, words: tuple[str, ...], message: str
) -> None:
    said = bng("optimise", *words)
    assert (said.status, said.out) == (2, "")
    assert message in said.err
    assert "To do: Give" in said.err


def test_names_may_follow_one_option_or_repeat_it(bng: Runner, answered: dict[str, Any]) -> None:
    start = ("optimise", "--metric", METRIC, "--market", MARKET)
    assert bng(*start, "--lpa", "Warwick", "Rugby", "--nca", "Arden").status == 0
    together = answered["site"]
    assert bng(*start, "--lpa", "Warwick", "--lpa", "Rugby", "--nca", "Arden").status == 0
    assert answered["site"] == together
    assert together.lpas == ("Rugby", "Warwick")


def test_a_folder_that_can_t_be_made_is_found_out_before_the_search(
    bng: Runner, answered: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("in the way")
    said = bng("optimise", *JOB, "--out", str(tmp_path / "out"))
    assert said.status == 2
    assert "policy" not in answered


@pytest.mark.parametrize(
    "words", [("optimise", "--colour"), ("metric",), ("sell",), ("metric", "a", "b")]
)
def test_a_command_line_that_can_t_be_understood_is_bad_input(
    bng: Runner, words: tuple[str, ...]
) -> None:
    said = bng(*words)
    assert (said.status, said.out) == (2, "")
    assert "Usage: bng-opt" in said.err
    as_json = bng(*words, "--json")
    assert as_json.status == as_json.json["error"]["exit_status"] == 2
    assert as_json.json["error"]["kind"] == "UsageError"


# --- verify


def test_verify_holds_for_our_own_plan(bng: Runner, plan_file: Path) -> None:
    said = bng("verify", str(plan_file), *JOB)
    assert said.status == 0
    assert "the plan is lawful" in said.out
    assert "BROKEN" not in said.out


def test_verify_as_json_states_verdict_and_reading(bng: Runner, plan_file: Path) -> None:
    said = bng("verify", str(plan_file), *JOB, "--json")
    assert said.status == 0
    assert said.json["ok"] is True
    assert (said.json["mode"], said.json["size_by"]) == ("statutory", "quote")
    assert {"rule", "ok", "detail"} == said.json["checks"][0].keys()


def test_verify_has_status_3_for_a_plan_that_breaks_a_rule(bng: Runner, plan_file: Path) -> None:
    plan = json.loads(plan_file.read_text("utf-8"))
    plan["purchases"].pop()
    plan_file.write_text(json.dumps(plan), encoding="utf-8")
    said = bng("verify", str(plan_file), *JOB)
    assert said.status == 3
    assert "BROKEN" in said.out
    assert bng("verify", str(plan_file), *JOB, "--json").json["ok"] is False


def test_verify_reads_a_plan_as_it_says_it_was_made(bng: Runner, plan_file: Path) -> None:
    plan = {**json.loads(plan_file.read_text("utf-8")), "mode": "like_for_like"}
    plan["contract_size"] = "by bank"
    plan_file.write_text(json.dumps(plan), encoding="utf-8")
    said = bng("verify", str(plan_file), *JOB, "--json")
    assert (said.json["mode"], said.json["size_by"]) == ("like_for_like", "bank")
    words = ("--mode", "statutory", "--size-by", "quote")
    told = bng("verify", str(plan_file), *JOB, *words, "--json")
    assert (told.json["mode"], told.json["size_by"], told.status) == ("statutory", "quote", 0)


def test_verify_takes_its_plan_after_the_options_too(bng: Runner, plan_file: Path) -> None:
    assert bng("verify", *JOB, "--json", str(plan_file)).json["ok"] is True


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", "{}", '{"purchases": [{"units": 1}]}', "[" * 100_000]
)
def test_verify_refuses_what_is_no_plan(bng: Runner, tmp_path: Path, content: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(content, encoding="utf-8")
    said = bng("verify", str(path), *JOB, "--json")
    assert said.status == 2
    assert said.findings


def test_verify_says_which_plan_is_missing(bng: Runner) -> None:
    said = bng("verify", "no-plan.json", *JOB)
    assert said.status == 2
    assert "no-plan.json" in said.err


# --- demo, version, help, and the process as a whole


def test_demo_says_what_it_reads_and_writes_and_how_to_do_it_by_hand(
    bng: Runner, tmp_path: Path
) -> None:
    said = bng("demo", "--out", str(tmp_path))
    assert said.status == 0
    assert "bng-opt optimise" in said.out
    assert "Purchases" in said.out
    assert all((tmp_path / name).is_file() for name in WRITTEN)
    assert all(name in said.out for name in WRITTEN)


def test_the_demo_s_command_by_hand_gives_the_same_plan(bng: Runner, tmp_path: Path) -> None:
    said = bng("demo", "--out", str(tmp_path))
    by_hand = said.out.partition("By hand: ")[2].partition("\n\n")[0]
    words = shlex.split(by_hand.replace("\\\n", " "))
    assert words[0] == "bng-opt"
    plan = json.loads((tmp_path / "plan.json").read_text("utf-8"))
    again = bng(*words[1:], "--json").json
    assert again["scenario"] == plan["scenario"]
    assert again["purchases"] == plan["purchases"]


def test_demo_as_json_prints_one_object(bng: Runner, tmp_path: Path) -> None:
    said = bng("demo", "--out", str(tmp_path), "--json")
    assert said.json["status"] == "optimal"
    assert "By hand" in said.err


def test_the_version_is_the_package_s(bng: Runner) -> None:
    assert bng("--version").out == f"bng-opt {bng_opt.__version__}\n"


def test_no_arguments_show_the_help(bng: Runner) -> None:
    said = bng()
    assert "optimise" in said.out + said.err


@pytest.mark.parametrize(
    "command",
    ["metric", "optimise", "verify", "alternatives", "sensitivity", "portfolio", "demo"],
)
def test_every_command_has_help_with_the_exit_statuses(bng: Runner, command: str) -> None:
    said = bng(command, "--help")
    assert said.status == 0
    assert "Exit status: 0 done; 2 bad input;" in said.out


def test_a_process_of_its_own_prints_json_alone_on_stdout() -> None:
    said = in_process_of_its_own("optimise", *JOB, "--json")
    assert said.status == 0
    assert said.json["status"] == "optimal"
    assert said.out.startswith("{")
    assert said.out.isascii()


def test_a_process_of_its_own_leaves_with_the_status() -> None:
    said = in_process_of_its_own("optimise", *JOB, "--postcode", "CV37 6HB", "--json")
    assert said.status == 2
    assert said.json["error"]["kind"] == "PlaceError"


def test_a_terminal_without_a_pound_sign_is_no_bug(tmp_path: Path) -> None:
    said = in_process_of_its_own("demo", "--out", str(tmp_path), PYTHONIOENCODING="ascii")
    assert said.status == 0
    assert "Total" in said.out


def test_the_help_kept_as_text_is_what_typer_writes(
    bng: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    kept = bng("--help").out
    assert run_command(["--help"]) == 0
    assert bng.capsys.readouterr().out == kept


def test_the_help_of_all_loads_not_even_typer() -> None:
    code = (
        "import sys; from bng_opt.cli import run; run(['--help']); "
        "print(sorted({'typer', 'logging', 'dataclasses'} & set(sys.modules)), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr.strip() == "[]"
    assert run.stdout.startswith("Usage: bng-opt")


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from bng_opt.cli import run; run(['optimise', '--help']); "
        "print(sorted({'pandas', 'pulp', 'highspy', 'matplotlib', 'shapely'} & set(sys.modules)),"
        " file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr.strip() == "[]"
