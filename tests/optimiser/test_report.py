"""The report of a plan: it reads well, and its sums are the sums of what it prints."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from bng_opt.errors import Finding
from bng_opt.optimiser.needs import needs_met
from bng_opt.optimiser.plan import Check, Plan, PlanStatus, Use
from bng_opt.optimiser.report import NOTHING_TO_BUY, by_ledger, plan_report, spatial_risk_words
from bng_opt.optimiser.text_table import RULE, WIDTH, Column, text_table, wrapped
from tests.support.hand_plan import NEUTRAL, empty_plan, hand_plan, purchase

POUNDS = re.compile(r"£([\d,]+\.\d\d)$")

NEED_COLUMN = 12
"""Where the name of a need begins; what serves it stands further to the right."""


def block(report: str, heading: str) -> list[str]:
    """Return the lines under a heading, up to the next blank line that ends its block."""
    lines = report.splitlines()
    start = next(n for n, line in enumerate(lines) if line.strip().startswith(heading))
    body = []
    for line in lines[start + 1 :]:
        if line and not line.startswith(" "):
            break
        body.append(line)
    return body


def last_pounds(line: str) -> Decimal | None:
    found = POUNDS.search(line)
    return Decimal(found.group(1).replace(",", "")) if found else None


@pytest.fixture(name="plan")
def _plan() -> Plan:
    return hand_plan()


def test_the_result_states_units_by_ledger_banks_credits_and_the_total(plan: Plan) -> None:
    first = next(line for line in plan_report(plan).splitlines() if line.startswith("Result"))
    assert "7.80 area units and 1.26 hedgerow units from 2 banks" in first
    assert "0.76 statutory credits" in plan_report(plan)
    assert "£451,742.30" in plan_report(plan)


def test_the_proof_stands_under_the_result(plan: Plan) -> None:
    told = " ".join(plan_report(plan).split())
    assert "leave least to statutory credits, none is cheaper by more than £0.40." in told


def test_the_proof_without_credits_is_of_all_purchases(plan: Plan) -> None:
    bare = replace(plan, credits=(), bound_gbp=Decimal(0))
    assert f"no lawful purchase is cheaper by more than £{bare.total_gbp:,.2f}" in bare.proof


def test_the_cost_lines_add_up_to_the_penny(plan: Plan) -> None:
    amounts = [last_pounds(line) for line in block(plan_report(plan), "Cost")]
    found = [amount for amount in amounts if amount is not None]
    assert sum(found[:-1]) == found[-1] == plan.total_gbp


def test_the_printed_purchases_add_up_to_the_printed_sums(plan: Plan) -> None:
    group, grand, last = Decimal(0), Decimal(0), None
    for line in block(plan_report(plan), "Purchases"):
        amount = last_pounds(line)
        if amount is None:
            continue
        last = amount
        if "Sum of" in line:
            assert amount == group
            group = Decimal(0)
        elif "Sum" not in line:
            group, grand = group + amount, grand + amount
    assert last == grand == sum(line.cost_gbp for line in plan.purchases)


def test_units_of_two_ledgers_are_never_added(plan: Plan) -> None:
    assert "9.06" not in plan_report(plan)


def test_every_need_is_the_sum_of_what_serves_it(plan: Plan) -> None:
    printed: list[tuple[Decimal, list[Decimal]]] = []
    for line in block(plan_report(plan), "How each need is met"):
        found = re.match(r"( +(\d+\.\d+) +)\S", line)
        if found and found.end(1) == NEED_COLUMN:
            printed.append((Decimal(found.group(2)), []))
        elif found:
            printed[-1][1].append(Decimal(found.group(2)))
    assert len(printed) == len(needs_met(plan))
    assert all(need == sum(served) for need, served in printed)


def test_no_line_is_wider_than_the_page(plan: Plan) -> None:
    long = purchase("S" * 60, "BANK-" * 20, "area", "Grassland - " + "very " * 40, "1", "1", "9")
    crowded = replace(plan, purchases=(*plan.purchases, long), title="Title " * 40)
    assert max(map(len, plan_report(crowded).splitlines())) <= WIDTH


def test_an_empty_plan_says_that_nothing_needs_to_be_bought() -> None:
    report = plan_report(empty_plan())
    assert NOTHING_TO_BUY[:30] in report
    assert "Purchases" not in report
    assert "Cost" not in report


def test_an_unproven_plan_states_the_pounds_it_may_lose(plan: Plan) -> None:
    early = replace(plan, status=PlanStatus.FEASIBLE, bound_gbp=plan.total_gbp - 1240)
    assert "at most £1,240.00 above the best possible" in plan_report(early).replace(
        "\n" + " " * 10, " "
    )


def test_a_broken_check_is_listed_and_counted(plan: Plan) -> None:
    broken = replace(
        plan, checks=(*plan.checks, Check("hedgerow: trading rules", False, "lacks 1"))
    )
    report = plan_report(broken)
    assert "3 of 4 rules hold" in report
    assert "  hedgerow: trading rules: lacks 1" in report


def test_a_plan_without_checks_is_not_called_checked() -> None:
    assert "None were made" in plan_report(replace(hand_plan(), checks=()))


def test_every_warning_comes_with_its_remedy(plan: Plan) -> None:
    text = " ".join(plan_report(plan).split())
    for warning in plan.warnings:
        assert warning.message in text
        assert warning.remedy in text


def test_a_warning_of_the_site_is_said_once() -> None:
    warning = Finding("The site is near a border.", "Check it.")
    plan = replace(hand_plan(), site=f"LPA: Leeds\nWarning: {warning}", warnings=(warning,))
    assert plan_report(plan).count("near a border") == 1


def test_the_mode_is_said_in_a_sentence(plan: Plan) -> None:
    assert "before the spatial risk multiplier" in plan_report(plan)
    cautious = plan_report(replace(plan, mode="like_for_like"))
    assert "after the spatial risk" in cautious


def test_control_characters_do_not_reach_the_terminal(plan: Plan) -> None:
    steering = replace(plan, title="Farm\x1b[2J\x07", site="LPA: \u202eLeeds")
    report = plan_report(steering)
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", report)


def test_the_report_does_not_tell_the_time(plan: Plan) -> None:
    assert plan_report(plan) == plan_report(replace(plan, seconds={"total": 99.0}))


def test_gross_units_are_explained_only_where_they_serve(plan: Plan) -> None:
    assert "gross units" not in plan_report(replace(plan, uses=plan.uses[:1]))
    gross = Use("B1-1", "purchase", "area", "Grassland", 7.0, "same broad habitat")
    assert "gross units" in plan_report(replace(plan, uses=(gross,)))


def test_a_use_of_an_unknown_purchase_is_still_named(plan: Plan) -> None:
    stray = replace(plan, uses=(Use("X-9", "purchase", "area", "Low", 1.0, "same band"),))
    assert needs_met(stray)[0].sources[0].words == "X-9: X-9"


def test_ledgers_come_in_the_metric_s_order(plan: Plan) -> None:
    backwards = replace(plan, purchases=plan.purchases[::-1])
    assert [ledger for ledger, _ in by_ledger(backwards)] == ["area", "hedgerow"]


def test_needs_are_grouped_by_ledger_target_and_rule(plan: Plan) -> None:
    net_gain = next(need for need in needs_met(plan) if need.target == "Net gain")
    assert [source.bank_id for source in net_gain.sources] == ["B2", "B1"]
    assert net_gain.units == Decimal("1.0350") + Decimal("1.1235")
    assert next(n for n in needs_met(plan) if n.target == "Low").title == "Area: Low band"


def test_the_spatial_risk_category_is_said_once(plan: Plan) -> None:
    within, neighbouring = plan.banks
    assert spatial_risk_words(within) == "Within: same LPA Stratford-on-Avon"
    adjoining = replace(neighbouring, why="neighbouring LPA: Cherwell")
    assert spatial_risk_words(adjoining) == "Neighbouring LPA: Cherwell"


def test_a_purchase_is_named_by_bank_and_habitat(plan: Plan) -> None:
    assert f"B1: {NEUTRAL}" in plan_report(plan)


def test_a_table_wraps_only_flexible_columns() -> None:
    columns = (Column("Name", flexible=True), Column("Units", right=True))
    lines = list(text_table(columns, [("word " * 40, "1.00"), RULE, ("Sum", "1.00")]))
    assert max(map(len, lines)) <= WIDTH
    assert lines[2].endswith("1.00")
    assert lines[-2] == lines[1]


def test_text_wraps_with_a_hanging_indent() -> None:
    lines = wrapped("word " * 40, indent=2, hang=4)
    assert lines[0].startswith("  word")
    assert lines[1].startswith("      word")
