"""The table's side in Python; what it does in the browser is tested there."""

from __future__ import annotations

from bng_opt.app.views.sort_table import SortColumn, SortTable

COLUMNS = (SortColumn("name", "Bank"), SortColumn("cost", "Cost", 2, before="£", total=True))


def test_every_row_is_handed_over_and_sent_once() -> None:
    table, sent = SortTable("Purchases", COLUMNS), []
    table.observe(sent.append, "rows")
    rows = [{"name": f"Bank {n}", "cost": float(n)} for n in range(5000)]
    table.show(rows)
    table.show(rows)
    assert table.rows == rows
    assert len(sent) == 1


def test_a_row_that_is_chosen_is_told() -> None:
    chosen: list[str] = []
    table = SortTable("Purchases", COLUMNS, chosen.append)
    table._hear(None, {"choose": "B1"}, None)
    table._hear(None, {"other": "x"}, None)
    assert chosen == ["B1"]
    assert table.purpose == "Show on the map"


def test_rows_of_a_table_without_a_purpose_cannot_be_chosen() -> None:
    table = SortTable("Prices", COLUMNS)
    table._hear(None, {"choose": "B1"}, None)
    assert table.purpose == ""
