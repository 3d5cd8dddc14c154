from decimal import Decimal

import pytest

from bng_opt.market.store.tables import LineKind, QuoteState
from bng_opt.quotes.documents import make_documents
from bng_opt.quotes.documents.sales_csv import column_letters, header
from tests.quotes.documents.reading import csv_rows
from tests.support import quote_views as views
from tests.support.hand_plan import purchase

D = Decimal


def rows_of(view):
    (document,) = make_documents(view, kinds=["sales_csv"]).made
    return csv_rows(document)


def cells_of(view):
    """Return the rows by the workbook's column letters."""
    return [dict(zip(column_letters(), row.values(), strict=False)) for row in rows_of(view)]


def one_bank_view(lines):
    plan = views.plan_of(tuple(lines))
    return views.view_of(plan, views.priced_by_hand(plan))


def habitats(row):
    names = [name for name in row if name.endswith(" Type")]
    return [row[name] for name in names if row[name]]


def test_columns_run_from_a_to_cy_with_names_that_are_unique():
    assert len(column_letters()) == 103
    assert column_letters()[0], column_letters()[-1] == ("A", "CY")
    assert len(set(header())) == 103


def test_a_row_stands_as_the_brokers_workbook_has_it():
    (row,) = cells_of(
        one_bank_view([purchase("B1-1", "B1", "area", "Ditches, wet", "2.50", "0.75", "18000.5")])
    )
    expected = {
        "B": "Brook Farm Homes Ltd (fictional)",
        "C": "Land at Brook Farm",
        "D": "BNG-2026-00017",
        "AC": "B1 - Bank B1",
        "AD": "1.3333",
        "AE": "1.8750",
        "AF": "45751.35",
        "AH": "Stratford-on-Avon",
        "AI": "Dunsmore and Feldon",
        "AK": "Direct",
        "AL": "03/11/2026",
        "AM": "30",
        "AN": "03/12/2026",
        "AR": "500.00",
        "AT": "45001.25",
        "AU": "1.8750",
        "AV": "Ditches, wet",
        "AW": "1.8750",
        "AX": "2.5000",
        "AY": "",
        "AZ": "18000.50",
        "BA": "",
        "BB": "45001.25",
        "BC": "",
    }
    assert {letter: row[letter] for letter in expected} == expected


def test_the_address_has_semicolons_for_commas():
    view = views.demo_view(project="Farm, the", site="1 Lane, Town\nLPA: X\nWaterbody: unknown")
    assert cells_of(view)[0]["C"] == "Farm; the; 1 Lane; Town"


def test_several_rows_have_letters_and_one_admin_fee():
    rows = cells_of(views.demo_view())
    assert [row["D"][-1] for row in rows] == list("abcdef"[: len(rows)])
    assert [row["AR"] for row in rows] == ["500.00"] + [""] * (len(rows) - 1)


def test_the_letters_go_on_after_z():
    lines = [
        purchase(f"S{n:03d}", f"B{n:02d}", "area", "Ditches", "1", "1", "100") for n in range(28)
    ]
    references = [row["D"] for row in cells_of(one_bank_view(lines))]
    assert references[25:] == [f"BNG-2026-00017{letter}" for letter in ("z", "aa", "ab")]


@pytest.mark.parametrize(("srm", "written"), [("1", "1"), ("0.75", "1.3333"), ("0.5", "2")])
def test_the_multiplier_is_written_as_units_bought_for_one(srm, written):
    (row,) = cells_of(one_bank_view([purchase("S", "B", "area", "Ditches", "1", srm, "100")]))
    assert row["AD"] == written


def test_more_than_eight_habitats_and_several_multipliers_drop_nothing():
    lines = [
        purchase(f"S{n:02d}", "B", "area", f"Habitat {n}", "1.01", srm, "100.01")
        for n, srm in enumerate(["1"] * 19 + ["0.5"] * 3)
    ]
    view = one_bank_view(lines)
    rows = rows_of(view)
    assert [len(habitats(row)) for row in rows] == [8, 8, 3, 3]
    assert {name for row in rows for name in habitats(row)} == {line.habitat for line in lines}
    assert [row["Spatial multiplier"] for row in rows] == ["1", "1", "1", "2"]
    assert [row["Bank fee"] for row in rows] == ["250.10", "0.00", "0.00", "0.00"]
    assert sum(D(row["Contract value"]) for row in rows) == view.priced.net_gbp


def test_the_prices_of_a_row_add_up_and_its_value_is_units_fee_and_admin_fee():
    for row in rows_of(views.full_view()):
        own = sum((D(v) for n, v in row.items() if n.endswith("Price inc SRM") and v), D(0))
        credited = sum((D(v) for n, v in row.items() if n.endswith("# credits") and v), D(0))
        assert D(row["Total credit price"]) == own
        assert D(row["Total units"]) == D(row["Total units credited"]) == credited
        if row["Row is for"] in ("units", "outside"):
            rest = D(row["Bank fee"]) + D(row["Admin fee"] or 0)
            assert D(row["Contract value"]) == own + rest


def test_what_no_bank_sells_has_rows_of_its_own():
    rows = rows_of(views.full_view())
    kinds = [row["Row is for"] for row in rows]
    assert kinds[-2:] == ["outside", "other"]
    other = rows[-1]
    assert other["Contract value"] == "845.55"
    assert other["Habitat bank"] == "Other charges"
    assert "Survey of the receptor site" in other["Notes"]
    (credits,) = rows_of(views.credits_view())
    assert credits["Contract value"] == "26120.00"


def test_prices_inc_srm_are_after_the_discount_which_is_said():
    view = views.full_view()
    rows = rows_of(view)
    assert sum(D(row["Discount"]) for row in rows) == view.priced.discount_gbp
    assert "off list prices" in rows[0]["Notes"]
    assert rows[0]["Introducer"] == "Fenn Planning"


def test_an_admin_fee_alone_has_a_row():
    empty = views.empty_view()
    view = views.view_of(empty.plan, views.priced_by_hand(empty.plan), reservation=None)
    (row,) = rows_of(view)
    assert (row["Row is for"], row["Contract value"]) == (LineKind.ADMIN_FEE.value, "500.00")
    assert rows_of(empty) == []


def test_a_draft_has_no_period_yet():
    (row, *_) = cells_of(views.demo_view(state=QuoteState.DRAFT, sent_at=None, valid_until=None))
    assert (row["AL"], row["AM"], row["AN"]) == ("02/11/2026", "", "")


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_no_cell_of_others_begins_a_formula(start):
    for row in rows_of(views.hostile_view(start)):
        for name, cell in row.items():
            assert cell.strip()[:1] not in {"=", "+", "-", "@", "＝"}, (name, cell)
