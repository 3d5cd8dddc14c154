"""What a report's document says, with the banks' names."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from functools import cache

import pytest

from bng_opt.app.state.around import read_around
from bng_opt.optimiser.scenario import Scenario
from bng_opt.runtime.job import JobKind
from bng_opt.runtime.job_kinds import ask_one
from bng_opt.runtime.job_work import Control, work
from tests.support.questions import Question, small

NAMES = {"A": "Adder Bank", "B": "Bittern Bank", "C": "Curlew Bank", "D": "Dunnock Bank"}


@cache
def named() -> Question:
    """Return a question whose banks have names of their own."""
    question = small()
    banks = tuple(replace(bank, name=NAMES[bank.bank_id]) for bank in question.market.banks)
    return replace(question, market=replace(question.market, banks=banks))


@cache
def document(kind: JobKind) -> str:
    control = Control(lambda *_: None, lambda: False, lambda: None, None)
    question = named()
    scenario = Scenario(question.requirement, question.market, question.site, question.policy)
    return work(ask_one(kind, scenario, {}), control).result.decode()


def around(kind: JobKind = JobKind.REPORT):
    return read_around(json.loads(document(kind)), named().market)


def test_banks_are_called_by_their_names() -> None:
    given = json.loads(document(JobKind.REPORT))
    sold_out = "A-001 (Grassland - Other neutral grassland) is sold out: one unit more would save"
    given["margins"]["binding"].append({"words": f"{sold_out} £1.00.", "price_gbp": 1.0})
    found = read_around(given, named().market)
    shown = [
        *(row.label for row in (*found.by_count, *found.others)),
        *(row.instead for row in (*found.by_count, *found.others)),
        *(entry.bank for entry in found.entries),
        *found.binding,
    ]
    text = " ".join(shown)
    assert "Without Adder Bank" in text
    assert "with Dunnock Bank" in text
    assert "Adder Bank (Grassland - Other neutral grassland) is sold out" in text
    assert "A-001" not in text


def test_alternatives_have_cost_banks_and_what_is_instead() -> None:
    one, *_ = around().by_count
    assert (one.label, one.total_gbp, one.n_banks) == ("At most one bank", Decimal(62_300), 1)
    assert one.instead == "with Dunnock Bank; without Adder Bank, Bittern Bank, Curlew Bank"
    assert around().by_count[-1].instead == "the same banks"


def test_next_best_are_numbered() -> None:
    labels = [row.label for row in around().others if row.label.startswith("Next best")]
    assert labels == [f"Next best {n}" for n in range(1, len(labels) + 1)]
    assert labels


def test_what_is_impossible_says_why_in_plain_words() -> None:
    given = json.loads(document(JobKind.REPORT))
    given["alternatives"]["by_bank_count"][0] |= {
        "total_gbp": None,
        "verdict": "impossible",
        "banks": [],
        "findings": [{"message": 'Bank "A" sells too little for max_banks.', "remedy": "Wait."}],
    }
    one, *_ = read_around(given, named().market).by_count
    assert (one.total_gbp, one.instead) == (None, "")
    assert one.why == "Bank Adder Bank (A) sells too little for the limit on banks."


def test_alternatives_alone_leave_prices_and_comparisons_unsaid() -> None:
    found = around(JobKind.ALTERNATIVES)
    assert (found.needs, found.binding, found.entries, found.means) == ((), (), (), ())
    assert found.by_count


def test_the_text_holds_every_part_but_the_plan_itself() -> None:
    text = around().text
    for part in ("Alternatives", "Baselines", "What one more unit costs"):
        assert part in text
    assert "How each need is met" not in text


@pytest.mark.parametrize("kind", [JobKind.REPORT, JobKind.ALTERNATIVES])
def test_the_total_is_that_of_the_plan(kind: JobKind) -> None:
    assert around(kind).total_gbp == 60_000
