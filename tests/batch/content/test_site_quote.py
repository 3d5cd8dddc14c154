"""The report of one site, section by section, and what it says where nothing is lawful."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bng_opt.batch.content import site_quote
from bng_opt.batch.content.outcome import NO_PURCHASE
from bng_opt.batch.content.site_quote import SiteQuote
from bng_opt.errors import ExitStatus, InputError
from bng_opt.output import WRITTEN
from bng_opt.resources import data_dir
from tests.support.report_pages import headings, money, page_of, tables

DEMO = data_dir() / "demo"
HEAD = "ledger,habitat,units\n"
PLACE = {"lpa": "Stratford-on-Avon", "nca": "Dunsmore and Feldon", "market": str(DEMO / "market")}


@pytest.fixture(scope="module", name="quote")
def _quote() -> SiteQuote:
    return site_quote.answer()


def table_of(tmp_path: Path, rows: str) -> str:
    path = tmp_path / "need.csv"
    path.write_text(HEAD + rows)
    return str(path)


def test_the_demonstration_s_purchase_adds_up_to_its_total(quote: SiteQuote) -> None:
    assert quote.plan is not None
    (table,) = tables(quote.purchases())
    assert money(table.of("total")[0][-1]) == quote.plan.total_gbp
    assert quote.frame.outcome.result in quote.opening().text.replace("\n", " ")


def test_every_section_has_its_heading_and_its_figure_its_words(quote: SiteQuote) -> None:
    assert headings(quote.need())[0] == "What the development needs"
    assert headings(quote.map()) == ["Where the banks are", "The banks"]
    assert headings(quote.uses()) == ["How each need is met"]
    assert headings(quote.why()) == [
        "Why this purchase",
        "What one more unit would cost",
        "What binds",
        "Why not another offer",
    ]
    assert headings(quote.checks()) == ["Proof and checks", "To watch"]
    for block in (quote.map(), quote.uses()):
        assert len(page_of(block).img["alt"]) > 100


def test_the_alternatives_stand_beside_the_purchase(quote: SiteQuote) -> None:
    assert quote.plan is not None
    block = quote.alternatives()
    others, simpler = tables(block)
    assert others.rows[0][1][:2] == ["The purchase above", f"£{quote.plan.total_gbp:,.2f}"]
    labels = [cells[0] for cells in others.of("line")]
    assert "Next best 1" in labels
    assert "Without DEMO-006" in labels
    assert "Why there is none" in headings(block)
    assert simpler.of("line")[0][0] == "Like for like"


def test_no_lawful_purchase_is_an_answer_with_its_reasons(tmp_path: Path) -> None:
    need = table_of(tmp_path, "area,Wetland - Blanket bog,2\n")
    quote = site_quote.answer(requirement=need, **PLACE)
    outcome = quote.frame.outcome
    assert quote.plan is None
    assert (outcome.exit_status, outcome.status) == (ExitStatus.NO_LAWFUL_PURCHASE, NO_PURCHASE)
    assert len(outcome.scenario) == 64
    assert "Blanket bog" in quote.need().text
    assert headings(quote.purchases()) == ["Why no purchase is lawful, and what would help"]
    assert "Blanket bog" in quote.purchases().text
    empty = (quote.map, quote.uses, quote.why, quote.alternatives, quote.checks)
    assert all(section().html == "" for section in empty)
    assert page_of(quote.opening()).find(class_="alarm") is not None


def test_a_site_that_lacks_nothing_needs_no_map(tmp_path: Path) -> None:
    metric = "area,Net gain,0.0000001\n"
    quote = site_quote.answer(requirement=table_of(tmp_path, metric), **PLACE)
    assert quote.frame.outcome.exit_status is ExitStatus.DONE
    assert "Nothing needs to be bought" in quote.purchases().text
    assert all(section().html == "" for section in (quote.map, quote.uses, quote.alternatives))


def test_what_was_given_stands_in_the_command_and_the_title(tmp_path: Path) -> None:
    need = table_of(tmp_path, "area,Grassland - Other neutral grassland,1\n")
    quote = site_quote.answer(requirement=need, site_name="Mill Lane", max_banks=1, **PLACE)
    assert headings(quote.opening())[0] == "Mill Lane"
    command = page_of(quote.ending()).find("pre").get_text()
    assert f"--param requirement={need}" in command
    assert "--param max_banks=1" in command
    assert "--param 'site_name=Mill Lane'" in command
    assert "mode" not in command


def test_the_plan_s_files_are_written_where_a_folder_is_given(
    quote: SiteQuote, tmp_path: Path
) -> None:
    assert quote.write_files("").html == ""
    block = quote.write_files(str(tmp_path / "deal"))
    assert sorted(path.name for path in (tmp_path / "deal").iterdir()) == sorted(WRITTEN)
    plan = json.loads((tmp_path / "deal" / "plan.json").read_text("utf-8"))
    assert quote.plan is not None
    assert plan["scenario"] == quote.plan.scenario
    assert "plan.xlsx" in block.text


def test_bad_input_is_an_error_with_all_findings() -> None:
    with pytest.raises(InputError) as caught:
        site_quote.answer(metric="nowhere.xlsx", lpa="Atlantis", nca="Arden")
    assert len(caught.value.findings) == 3
