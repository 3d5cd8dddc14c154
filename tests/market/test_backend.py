"""The broker's back-end workbook: read by the market's own rules, told where it differs."""

from __future__ import annotations

import openpyxl
import pytest

from bng_opt.errors import InputError
from bng_opt.market import PriceBasis, load_market

NEUTRAL, MEADOW = "Grassland - Other neutral grassland", "Grassland - Lowland meadows"

BOOK = {
    "Banks": [
        ["bank_id", "bank_name", "lpa_name", "nca_name", "postcode", "address", "lat", "lon"],
        ["B1", "Mill Bank", "Stratford-on-Avon", "Arden", "CV37 6XX", "Mill Lane", 52.27, -1.8],
        ["B2", "Point Bank", None, None, None, None, 53.2146, -1.6747],
        ["B3", "Post Bank", "", "", "LS1 4AP", None, None, None],
    ],
    "Stock": [
        ["stock_id", "bank_id", "habitat_name", "quantity_available", "available_excl_quotes",
         "quoted"],
        ["S1", "B1", NEUTRAL, 10, 8, 1.5],
        ["S2", "B1", MEADOW, 5, None, None],
        ["S3", "B2", "Ditches", 2, 2, 3],
    ],
    "Pricing": [
        ["bank_id", "habitat_name", "contract_size", "tier", "price", "broader_type",
         "distinctiveness_name"],
        ["B1", NEUTRAL, "small", "local", 27000, "Grassland", "Medium"],
        ["B1", NEUTRAL, "small", "far", 54000, "Grassland", "Medium"],
        ["B1", MEADOW, "Small", "Local", None, "Grassland", "V.High"],
        ["B2", "Ditches", "large", "adjacent", 60000.5, "Watercourse", "Medium"],
        ["B1", "Net Gain (Low-equivalent)", "small", "local", 20000, None, None],
    ],
    "HabitatCatalog": [
        ["habitat_name", "broader_type", "distinctiveness_name", "UmbrellaType"],
        [NEUTRAL, "Grassland", "Medium", "area"],
        [MEADOW, "Grassland", "V.High", "area"],
        ["Ditches", "Watercourse", "Medium", "watercourse"],
        ["Net Gain (Low-equivalent)", "Any", "Low", "area"],
    ],
    "DistinctivenessLevels": [
        ["distinctiveness_name", "level_value"],
        ["Very Low", 0], ["Low", 2], ["Medium", 4], ["High", 6], ["Very High", 8],
    ],
    "SRM": [["tier", "multiplier"], ["local", 1], ["adjacent", 1.33], ["far", 0.5]],
    "TradingRules": [["rule_name", "rule_value"], ["Anything goes", 1], ["So does this", 2]],
}  # fmt: skip


@pytest.fixture
def sheets():
    return {name: [list(row) for row in rows] for name, rows in BOOK.items()}


@pytest.fixture
def write(tmp_path):
    def write_book(sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        book.save(tmp_path / "backend.xlsx")
        return tmp_path / "backend.xlsx"

    return write_book


def findings_of(path, **wishes):
    with pytest.raises(InputError) as caught:
        load_market(path, **wishes)
    return caught.value.findings


def places_of(findings):
    return [(f.file, f.sheet, f.row, f.column) for f in findings]


def warned(market, word):
    return [warning for warning in market.warnings if word in warning.message]


def column(rows, name):
    return rows[0].index(name)


def test_the_three_sheets_are_read_as_a_market(sheets, write):
    market = load_market(write(sheets))
    units = {line.stock_id: (line.units, line.quoted_units) for line in market.stock}
    # Units without quotes where they are stated, else the quantity; quoted at most that.
    assert units == {"S1": (8, 1.5), "S2": (5, 0), "S3": (2, 2)}
    assert {price.basis for price in market.prices} == {PriceBasis.DELIVERED}
    assert {price.key: float(price.price_gbp) for price in market.prices} == {
        ("B1", NEUTRAL, "local", "small"): 27000,
        ("B1", NEUTRAL, "far", "small"): 54000,
        ("B2", "Ditches", "adjacent", "large"): 60000.5,
    }
    assert [blank.key for blank in market.blank_prices] == [("B1", MEADOW, "local", "small")]
    assert market.bank("B1").postcode == "CV37 6XX"


def test_columns_and_sheets_are_known_in_any_case_and_order(sheets, write):
    plain = load_market(write(sheets))
    odd = {name.upper(): rows for name, rows in reversed(sheets.items())}
    for rows in odd.values():
        rows[:] = [list(reversed(row)) for row in rows]
        rows[0][:] = [heading.upper() for heading in rows[0]]
    assert load_market(write(odd)) == plain


def test_a_bank_without_names_is_found_by_its_point_or_postcode_and_says_so(sheets, write):
    market = load_market(write(sheets))
    point, post = market.bank("B2").place, market.bank("B3").place
    assert (point.lpa, point.nca) == ("Peak District National Park", "White Peak")
    assert post.lpa == "Leeds"
    assert (post.lat, post.lon) == (None, None)
    found = [w for w in market.warnings if "found from the" in w.message]
    assert [(w.row, w.column) for w in found] == [(3, "lpa_name"), (4, "lpa_name")]
    assert "LPA Peak District National Park and NCA White Peak" in found[0].message
    assert "postcode sector" in found[1].message


def test_only_the_name_that_is_missing_is_looked_up(sheets, write):
    sheets["Banks"][2][2] = "Leeds"
    market = load_market(write(sheets))
    assert (market.bank("B2").place.lpa, market.bank("B2").place.nca) == ("Leeds", "White Peak")
    (note, *_) = warned(market, "from the point")
    assert note.message == "NCA White Peak found from the point."
    assert note.column == "nca_name"


def test_a_bank_that_cannot_be_found_is_an_error(sheets, write):
    sheets["Banks"][2][6:] = [48.85, 2.35]
    sheets["Banks"][3][4] = None
    places = places_of(findings_of(write(sheets)))
    assert ("backend.xlsx", "Banks", 3, "lat") in places
    assert ("backend.xlsx", "Banks", 4, "lpa_name") in places
    assert ("backend.xlsx", "Banks", 4, "nca_name") in places


def test_more_quoted_than_there_is_is_cut_with_a_warning(sheets, write):
    (note,) = warned(load_market(write(sheets)), "are quoted")
    assert (note.sheet, note.row, note.column) == ("Stock", 4, "quoted")


def test_what_is_wrong_is_named_by_the_workbooks_own_headings(sheets, write):
    sheets["Stock"][1][4] = "many"
    sheets["Stock"][2][2] = "Flower meadow"
    sheets["Pricing"][1][4] = -1
    sheets["Pricing"][4][3] = "near"
    findings = findings_of(write(sheets))
    units = "available_excl_quotes or quantity_available"
    assert places_of(findings) == [
        ("backend.xlsx", "Stock", 2, units),
        ("backend.xlsx", "Stock", 3, "habitat_name"),
        ("backend.xlsx", "Pricing", 2, "price"),
        ("backend.xlsx", "Pricing", 5, "tier"),
    ]
    remedy = findings[1].remedy
    assert "Nearest names" in remedy
    assert "bng-opt market alias add 'Flower meadow' HABITAT" in remedy


def test_an_alias_stands_for_a_habitat(sheets, write):
    for sheet, row, place in (("Stock", 2, 2), ("Pricing", 3, 1), ("HabitatCatalog", 2, 0)):
        sheets[sheet][row][place] = "Flower meadow"
    market = load_market(write(sheets), aliases={"flower MEADOW": MEADOW})
    assert market.stock[1].habitat.name == MEADOW
    assert not warned(market, "Unknown habitat")


def test_prices_of_what_no_stock_can_be_are_left_out_and_counted(sheets, write):
    sheets["Pricing"].append(["B2", "Net Gain (Low-equivalent)", "small", "far", 1, None, None])
    (note,) = warned(load_market(write(sheets)), "left out")
    assert note.message.startswith('2 prices of "Net Gain (Low-equivalent)" left out')
    sheets["Stock"].append(["S9", "B1", "Net Gain (Low-equivalent)", 1, 1, 0])
    assert {f.sheet for f in findings_of(write(sheets))} == {"Stock", "Pricing"}


def test_a_row_said_twice_is_a_warning_and_one_that_disagrees_an_error(sheets, write):
    plain = load_market(write(sheets))
    sheets["Pricing"].append(list(sheets["Pricing"][1]))
    market = load_market(write(sheets))
    assert market == plain
    (note,) = warned(market, "what row 2 says")
    assert (note.sheet, note.row) == ("Pricing", 7)
    sheets["Pricing"][-1][4] = 27001
    (error,) = findings_of(write(sheets))
    assert (error.sheet, error.row) == ("Pricing", 7)
    assert "stands in row 2 already" in error.message


@pytest.mark.parametrize(("heading", "name"), [("BANK_KEY", "MILL"), ("bank_name", " mill  bank")])
def test_a_bank_may_be_named_by_its_key_or_name(sheets, write, heading, name):
    plain = load_market(write(sheets))
    for row, key in zip(sheets["Banks"], ["BANK_KEY", "Mill", "Point", "Post"], strict=True):
        row.append(key)
    other = {"BANK_KEY": "Point", "bank_name": "Point Bank"}[heading]
    for row in sheets["Pricing"][1:]:
        row[0] = {"B1": name, "B2": other}[row[0]]
    sheets["Pricing"][0][0] = heading
    assert load_market(write(sheets)) == plain


def test_a_name_of_two_banks_names_none(sheets, write):
    sheets["Banks"][2][1] = "Mill Bank"
    sheets["Pricing"][0][0] = "bank_name"
    for row in sheets["Pricing"][1:]:
        row[0] = "Mill Bank"
    findings = findings_of(write(sheets))
    assert "could be any of the banks B1, B2" in findings[0].message
    assert findings[0].remedy == "Name it by its bank_id."


def test_an_unknown_bank_and_a_sheet_without_one_are_errors(sheets, write):
    sheets["Pricing"][1][0] = "B9"
    (error,) = findings_of(write(sheets))
    assert (error.row, error.column) == (2, "bank_id")
    sheets["Pricing"][0][0] = "seller"
    assert any(f.message == "No column names the bank." for f in findings_of(write(sheets)))


def test_the_workbooks_own_rules_are_compared_and_never_used(sheets, write):
    plain = load_market(write(sheets))
    sheets["HabitatCatalog"][1][1:] = ["Woodland", "High", "hedgerow"]
    sheets["HabitatCatalog"].append(["Moon dust", "Moon", "Low", "area"])
    sheets["DistinctivenessLevels"][3][1] = 3
    sheets["SRM"][2][1] = 0.8
    sheets["SRM"][3][1] = 2
    market = load_market(write(sheets))
    assert market == plain
    said = {(w.sheet, w.row, w.column) for w in market.warnings} - {
        (w.sheet, w.row, w.column) for w in plain.warnings
    }
    assert said == {
        ("HabitatCatalog", 2, "broader_type"),
        ("HabitatCatalog", 2, "distinctiveness_name"),
        ("HabitatCatalog", 2, "UmbrellaType"),
        ("HabitatCatalog", 6, "habitat_name"),
        ("DistinctivenessLevels", 4, "level_value"),
        ("SRM", 3, "multiplier"),
    }
    assert "is 0.75, not 0.8" in next(w.message for w in market.warnings if w.sheet == "SRM")


def test_a_sound_workbook_warns_of_nothing_but_its_trading_rules(sheets, write):
    own = [w for w in load_market(write(sheets)).warnings if w.sheet not in ("Banks", "Stock")]
    assert [w.sheet for w in own if w.sheet != "Pricing" and w.file != "stock"] == ["TradingRules"]
    (rules,) = [w for w in own if w.sheet == "TradingRules"]
    assert rules.message == "2 trading rules of the workbook are not applied."


def test_sheets_that_decide_nothing_may_be_missing_or_broken(sheets, write):
    plain = load_market(write(sheets))
    for name in ("HabitatCatalog", "DistinctivenessLevels", "TradingRules"):
        del sheets[name]
    sheets["SRM"] = [["Tier"], ["nearby"], ["local"]]
    market = load_market(write(sheets))
    assert market == plain
    assert any(w.sheet == "SRM" and w.column == "multiplier" for w in market.warnings)
    del sheets["Stock"]
    assert "stock is missing" in findings_of(write(sheets))[0].message


def test_columns_of_ours_are_read_where_they_are_there(sheets, write):
    for row, cell in zip(sheets["Banks"], ["fixed_fee_gbp", 250, None, None], strict=True):
        row.append(cell)
    extra = [["gross_units", "baseline_habitat", "baseline_units"], [10, "Cereal crops", 2]]
    for row, cells in zip(sheets["Stock"], [*extra, [None] * 3, [None] * 3], strict=True):
        row.extend(cells)
    market = load_market(write(sheets))
    assert market.bank("B1").fixed_fee_gbp == 250
    assert market.stock[0].baseline_units == 2
