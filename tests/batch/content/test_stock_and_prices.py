"""A market counted by hand: stock, prices and areas."""

from __future__ import annotations

from decimal import Decimal

from bng_opt.batch.content.stock_and_prices import (
    area_table,
    by_habitat,
    for_sale,
    size_table,
    stock_table,
    unpriced_table,
)
from bng_opt.market import ContractSize, Market, load_market
from tests.support.report_pages import tables
from tests.support.scenarios import HEDGE_MEDIUM, MEADOW, NEUTRAL, BankSpec, Line, Scene

SCENE = Scene(
    (
        Line(NEUTRAL, "1200.5", {"small": 30, "medium": 20}, "A", quoted=2),
        Line(NEUTRAL, 2, 26, "N1"),
        Line(NEUTRAL, 1, 90, "F1"),
        Line(MEADOW, 3, {"small": 40}, "A"),
        Line(HEDGE_MEDIUM, 4, 7, "N1"),
        Line(HEDGE_MEDIUM, 0, 5, "F1"),
    )
)


def market(*, unpriced: bool = False) -> Market:
    frames = SCENE.frames()
    if unpriced:
        frames["pricing"] = frames["pricing"].query("bank_id != 'F1'")
    return load_market(frames)


def test_units_and_prices_of_each_habitat_by_hand() -> None:
    meadow, neutral, hedge = sorted(
        by_habitat(market(), ContractSize.MEDIUM), key=lambda each: each.habitat.name
    )
    assert (neutral.units, neutral.quoted) == (Decimal("1203.5"), 2)
    assert neutral.prices == (20, 26, 90)
    assert neutral.median_gbp == 26
    assert neutral.banks == {"A", "N1", "F1"}
    assert (meadow.prices, meadow.median_gbp) == ((), None)
    assert len(hedge.lines) == 1


def test_a_line_without_units_or_without_a_price_isn_t_for_sale() -> None:
    assert len(for_sale(market())) == 5
    assert {line.bank_id for line in for_sale(market(unpriced=True))} == {"A", "N1"}
    (table,) = tables(unpriced_table(market(unpriced=True)))
    assert [cells[1] for cells in table.of("line")] == [NEUTRAL, HEDGE_MEDIUM]
    assert unpriced_table(market()).html == ""


def test_the_table_has_the_sum_of_each_ledger() -> None:
    stocks = by_habitat(market(), ContractSize.MEDIUM)
    (table,) = tables(stock_table(stocks, ContractSize.MEDIUM))
    area, hedgerow = table.of("sum")
    assert area[2:5] == ["3", "1,206.50", "2.00"]
    assert hedgerow[2:5] == ["1", "4.00", ""]
    rows = {cells[0]: cells for cells in table.of("line")}
    assert rows[MEADOW][-3:] == ["none", "none", "none"]
    assert rows[NEUTRAL][-3:] == ["£20.00", "£26.00", "£90.00"]


def test_prices_by_contract_size_are_those_of_the_list() -> None:
    (table,) = tables(size_table(market(), by_habitat(market(), ContractSize.MEDIUM)))
    rows = {cells[0]: cells[1:] for cells in table.of("line")}
    assert rows[MEADOW] == ["none", "£40.00", "none", "none"]
    assert rows[NEUTRAL] == ["£58.00", "£30.00", "£26.00", "£58.00"]


def test_areas_add_up_to_the_market() -> None:
    (table,) = tables(area_table(market(), "LPA", lambda bank: bank.place.lpa))
    rows = {cells[0]: cells[1:] for cells in table.of("line")}
    assert rows["Cherwell"] == ["1", "2.00", "4.00", "", "2"]
    assert table.of("total") == [["Together", "3", "1,206.50", "4.00", "", "3"]]


def test_the_order_of_the_tables_changes_nothing() -> None:
    frames = SCENE.frames()
    turned = load_market({name: frame.iloc[::-1] for name, frame in frames.items()})
    assert by_habitat(turned, ContractSize.SMALL) == by_habitat(market(), ContractSize.SMALL)


def test_banks_without_anything_to_sell_stand_in_no_area() -> None:
    scene = Scene((Line(NEUTRAL, 1, 5, "A"),), banks=(BankSpec.named("F1"),))
    (table,) = tables(area_table(scene.market(), "LPA", lambda bank: bank.place.lpa))
    assert [cells[0] for cells in table.of("line")] == ["Stratford-on-Avon"]
