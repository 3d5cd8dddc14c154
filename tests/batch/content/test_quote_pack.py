"""Packs of quotes: joint or one by one, their totals, and who goes without and why."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bng_opt.batch.content import quote_pack
from bng_opt.errors import ExitStatus, InputError
from tests.batch.content.conftest import Desk
from tests.support.report_pages import headings, money, page_of, tables


def test_together_each_site_gets_what_the_other_leaves(desk: Desk) -> None:
    manifest = desk.manifest(Any="any", Meadow="meadow")
    pack = quote_pack.answer(manifest=manifest, market=desk.market)
    # The meadow has to go to who needs meadow; half a unit is left for any need.
    assert pack.plans["Meadow"].total_gbp == 150
    assert pack.plans["Any"].total_gbp == Decimal("275.00")
    assert pack.joint is not None
    assert pack.frame.outcome.exit_status is ExitStatus.DONE
    assert pack.frame.outcome.result == ("Buy for all 2 sites, together, from 2 banks for £425.00.")
    assert "1 stock line would be oversold" in pack.stock().text


def test_one_by_one_each_is_served_as_if_alone_and_the_oversold_line_is_named(desk: Desk) -> None:
    manifest = desk.manifest(Any="any", Meadow="meadow")
    pack = quote_pack.answer(manifest=manifest, market=desk.market, joint=False)
    assert {name: plan.total_gbp for name, plan in pack.plans.items()} == {
        "Any": 200,
        "Meadow": 150,
    }
    assert page_of(pack.stock()).find(class_="alarm") is not None
    (line,) = tables(pack.stock())[0].of("line")
    assert line[2:] == ["2.00", "3.50", "Any 2.00; Meadow 1.50"]
    assert pack.frame.outcome.proof.startswith("Each proven by itself")


def test_one_by_one_within_the_stock_says_so(desk: Desk) -> None:
    pack = quote_pack.answer(
        manifest=desk.manifest(Meadow="meadow"), market=desk.market, joint=False
    )
    assert "together they fit within the stock" in pack.stock().text
    assert pack.frame.outcome.result.startswith("Buy for 1 of 1 site, one by one")


@pytest.mark.parametrize("joint", [True, False])
def test_a_site_without_a_purchase_stops_none_of_the_others(desk: Desk, joint: bool) -> None:
    manifest = desk.manifest(Any="any", Bog="bog", Meadow="meadow")
    pack = quote_pack.answer(manifest=manifest, market=desk.market, joint=joint)
    assert list(pack.plans) == ["Any", "Meadow"]
    outcome = pack.frame.outcome
    assert outcome.exit_status is ExitStatus.NO_LAWFUL_PURCHASE
    assert outcome.status == "1 site without a purchase"
    assert [each.name for each in outcome.failed] == ["Bog"]
    assert "Blanket bog" in outcome.failed[0].why
    summary, failures = tables(pack.summary())
    assert [cells[0] for cells in summary.of("line")] == ["Any", "Bog", "Meadow"]
    assert summary.of("line")[1][-1] == "no quote"
    assert failures.of("line")[0][0] == "Bog"
    assert [heading for heading in headings(pack.quotes()) if heading in outcome.result] == []
    assert "Bog" not in headings(pack.quotes())


@pytest.mark.parametrize("joint", [True, False])
def test_the_totals_are_those_of_the_sites_and_of_the_banks(desk: Desk, joint: bool) -> None:
    manifest = desk.manifest(Any="any", Meadow="meadow")
    pack = quote_pack.answer(manifest=manifest, market=desk.market, joint=joint)
    summary = tables(pack.summary())[0]
    costs = [money(cells[-1]) for cells in summary.of("line")]
    total = money(summary.of("total")[0][-1])
    assert sum(costs) == total
    banks = tables(pack.banks())[0]
    assert sum(money(cells[-1]) for cells in banks.of("line")) == total
    assert money(banks.of("total")[0][-1]) == total
    bought = [money(t.of("total")[0][-1]) for t in tables(pack.quotes()) if t.of("total")]
    assert sorted(bought) == sorted(costs)


def test_each_site_begins_a_page_of_its_own(desk: Desk) -> None:
    pack = quote_pack.answer(manifest=desk.manifest(Any="any", Meadow="meadow"), market=desk.market)
    pages = page_of(pack.quotes()).find_all("h2", class_="new-page")
    assert [page.get_text() for page in pages] == ["Any", "Meadow"]


def test_bad_rows_are_refused_all_at_once_or_left_out_and_named(desk: Desk) -> None:
    manifest = desk.manifest(Any="any", Gone="nowhere", Meadow="meadow")
    with pytest.raises(InputError) as caught:
        quote_pack.answer(manifest=manifest, market="no-market", mode="loose")
    found = "\n".join(map(str, caught.value.findings))
    assert all(word in found for word in ("nowhere.csv", "no-market", "loose"))
    pack = quote_pack.answer(manifest=manifest, market=desk.market, skip_bad=True)
    assert list(pack.plans) == ["Any", "Meadow"]
    assert pack.frame.outcome.exit_status is ExitStatus.BAD_INPUT
    assert pack.frame.outcome.failed[0].name == "Gone (row 3)"
    assert pack.frame.outcome.result.startswith("Buy for 2 of 3 sites")
    assert "Gone (row 3)" in pack.summary().text


def test_a_manifest_alone_or_a_market_alone_is_no_demonstration(desk: Desk) -> None:
    with pytest.raises(InputError, match="No market is given"):
        quote_pack.answer(manifest=desk.manifest(Any="any"))
    with pytest.raises(InputError, match="No manifest is given"):
        quote_pack.answer(market=desk.market)


def test_the_order_of_the_rows_changes_no_figure(desk: Desk) -> None:
    one = quote_pack.answer(manifest=desk.manifest(Any="any", Meadow="meadow"), market=desk.market)
    two = quote_pack.answer(manifest=desk.manifest(Meadow="meadow", Any="any"), market=desk.market)
    assert list(two.plans) == ["Meadow", "Any"]
    assert one.frame.outcome == two.frame.outcome


def test_joint_and_one_by_one_are_different_questions(desk: Desk) -> None:
    manifest = desk.manifest(Any="any")
    both = [
        quote_pack.answer(manifest=manifest, market=desk.market, joint=joint)
        for joint in (True, False)
    ]
    scenarios = {pack.frame.outcome.scenario for pack in both}
    assert len(scenarios) == 2
    assert all(len(each) == 64 for each in scenarios)
