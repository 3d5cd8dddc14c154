"""Each rule of what a row may say: one finding, in the right place, with a remedy."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bng_opt.errors import InputError
from bng_opt.market import load_market
from bng_opt.market.cells import MOST_LOOKUPS

UNITS = ("stock", 0, "units")

# What is changed (table, row, column -> text), and where and how it must be found.
CASES = {
    "blank bank id": ({("banks", 2, "bank_id"): " "}, "banks.csv", 4, "bank_id", "blank"),
    "blank name": ({("banks", 0, "bank_name"): ""}, "banks.csv", 2, "bank_name", "blank"),
    "blank lpa": ({("banks", 0, "lpa"): ""}, "banks.csv", 2, "lpa", "blank"),
    "blank stock id": ({("stock", 0, "stock_id"): ""}, "stock.csv", 2, "stock_id", "blank"),
    "blank bank of stock": ({("stock", 0, "bank_id"): ""}, "stock.csv", 2, "bank_id", "blank"),
    "blank habitat": ({("stock", 0, "habitat"): ""}, "stock.csv", 2, "habitat", "blank"),
    "blank units": ({UNITS: ""}, "stock.csv", 2, "units", "blank"),
    "blank size": ({("pricing", 1, "contract_size"): ""}, "pricing.csv", 3, "contract_size", "bl"),
    "blank basis": ({("pricing", 1, "basis"): ""}, "pricing.csv", 3, "basis", "blank"),
    "bank twice": ({("banks", 2, "bank_id"): "B1"}, "banks.csv", 4, "bank_id", "row 2 already"),
    "stock twice": ({("stock", 2, "stock_id"): "S1"}, "stock.csv", 4, "stock_id", "row 2 already"),
    "price twice": (
        {
            ("pricing", 1, "habitat"): "*",
            ("pricing", 1, "contract_size"): "*",
            ("pricing", 1, "tier"): "*",
        },
        "pricing.csv",
        3,
        "price",
        "row 2 already",
    ),
    "unknown lpa": (
        {("banks", 0, "lpa"): "Stratford on Avn"},
        "banks.csv",
        2,
        "lpa",
        "Stratford-on-Avon",
    ),
    "unknown nca": ({("banks", 0, "nca"): "Ardenn"}, "banks.csv", 2, "nca", "Arden"),
    "unknown marine plan area": (
        {("banks", 0, "marine_plan_area"): "Midlands"},
        "banks.csv",
        2,
        "marine_plan_area",
        "Inshore",
    ),
    "unknown waterbody": (
        {("banks", 0, "waterbody"): "Isbourne"},
        "banks.csv",
        2,
        "waterbody",
        "GB",
    ),
    "unknown catchment": (
        {("banks", 0, "operational_catchment"): "tbc"},
        "banks.csv",
        2,
        "operational_catchment",
        "tbc",
    ),
    "lat without lon": ({("banks", 0, "lon"): ""}, "banks.csv", 2, "lon", "without lon"),
    "lon without lat": ({("banks", 0, "lat"): ""}, "banks.csv", 2, "lat", "without lat"),
    "lat out of range": ({("banks", 0, "lat"): "152"}, "banks.csv", 2, "lat", "out of range"),
    "negative fee": ({("banks", 0, "fixed_fee_gbp"): "-1"}, "banks.csv", 2, "fixed_fee_gbp", "neg"),
    "unknown bank of stock": ({("stock", 0, "bank_id"): "B9"}, "stock.csv", 2, "bank_id", '"B1"'),
    "unknown bank of price": ({("pricing", 2, "bank_id"): "X"}, "pricing.csv", 4, "bank_id", "B1"),
    "unknown habitat": (
        {("stock", 0, "habitat"): "Lowland medow"},
        "stock.csv",
        2,
        "habitat",
        "Grassland - Lowland meadows",
    ),
    "unknown habitat of a price": (
        {("pricing", 1, "habitat"): "Hedge"},
        "pricing.csv",
        3,
        "habitat",
        "hedgerow",
    ),
    "unknown baseline habitat": (
        {("stock", 0, "baseline_habitat"): "Cereals"},
        "stock.csv",
        2,
        "baseline_habitat",
        "Cropland - Cereal crops",
    ),
    "a habitat without units": (
        {("stock", 2, "habitat"): "Urban - Developed land; sealed surface"},
        "stock.csv",
        4,
        "habitat",
        "Very Low",
    ),
    "a baseline that has no units": (
        {("stock", 0, "baseline_habitat"): "Urban - Developed land; sealed surface"},
        "stock.csv",
        2,
        "baseline_habitat",
        "Very Low",
    ),
    "negative units": ({UNITS: "-1"}, "stock.csv", 2, "units", "negative"),
    "text for a number": ({UNITS: "eight"}, "stock.csv", 2, "units", "not a number"),
    "nan": ({UNITS: "NaN"}, "stock.csv", 2, "units", "not a number"),
    "infinity": ({UNITS: "inf"}, "stock.csv", 2, "units", "not a number"),
    "other digits": ({UNITS: "٣"}, "stock.csv", 2, "units", "not a number"),
    "thousands": (
        {("pricing", 0, "price"): "27,000.50"},
        "pricing.csv",
        2,
        "price",
        "separators and currency signs: 27000.50",
    ),
    "pounds": ({("pricing", 0, "price"): "£27,000"}, "pricing.csv", 2, "price", ": 27000."),
    "decimal comma": ({UNITS: "7,5"}, "stock.csv", 2, "units", "after a point: 7.5"),
    "too large": ({UNITS: "1e300"}, "stock.csv", 2, "units", "too large"),
    "too fine": ({UNITS: "1e-300"}, "stock.csv", 2, "units", "too large or too finely"),
    "price of nought": ({("pricing", 0, "price"): "0"}, "pricing.csv", 2, "price", "above 0"),
    "negative price": ({("pricing", 0, "price"): "-5"}, "pricing.csv", 2, "price", "above 0"),
    "bad tier": ({("pricing", 1, "tier"): "near"}, "pricing.csv", 3, "tier", "local, adjacent"),
    "bad size": ({("pricing", 1, "contract_size"): "big"}, "pricing.csv", 3, "contract_size", "sm"),
    "bad basis": ({("pricing", 1, "basis"): "each"}, "pricing.csv", 3, "basis", "unit, delivered"),
    "baseline without gross": (
        {("stock", 0, "gross_units"): ""},
        "stock.csv",
        2,
        "gross_units",
        "S",
    ),
    "gross without baseline": (
        {("stock", 1, "gross_units"): "3"},
        "stock.csv",
        3,
        "baseline_units",
        "Gross units are stated",
    ),
    "baseline units without habitat": (
        {("stock", 0, "baseline_habitat"): ""},
        "stock.csv",
        2,
        "baseline_habitat",
        "no habitat",
    ),
    "baseline habitat without units": (
        {("stock", 1, "baseline_habitat"): "Line of trees"},
        "stock.csv",
        3,
        "baseline_units",
        "no units",
    ),
    "baseline of another ledger": (
        {("stock", 0, "baseline_habitat"): "Native hedgerow"},
        "stock.csv",
        2,
        "baseline_habitat",
        "never traded across",
    ),
    "no net uplift": ({("stock", 0, "gross_units"): "2"}, "stock.csv", 2, "gross_units", "uplift"),
    "more for sale than the net": ({UNITS: "8.02"}, "stock.csv", 2, "units", "Units are net"),
    "more quoted than for sale": ({UNITS: "1.2"}, "stock.csv", 2, "quoted_units", "quoted"),
}


@pytest.mark.parametrize(("changes", "file", "row", "column", "words"), CASES.values(), ids=CASES)
def test_each_fault_is_one_finding_with_its_place_and_a_remedy(
    tables, write, changes, file, row, column, words
):
    for (table, index, name), text in changes.items():
        tables[table][index][name] = text
    with pytest.raises(InputError) as caught:
        load_market(write(tables))
    found = [(f.file, f.row, f.column) for f in caught.value.findings]
    assert found == [(file, row, column)]
    finding = caught.value.findings[0]
    assert words in str(finding)
    assert finding.remedy


def test_all_faults_of_all_tables_are_reported_at_once(tables, write):
    tables["banks"][0]["nca"] = "Nowhere"
    tables["banks"][1]["lat"] = "50"
    tables["stock"][0]["units"] = "many"
    tables["stock"][0]["baseline_habitat"] = "Native hedgerow"
    tables["pricing"][2]["tier"] = "close"
    tables["pricing"][2]["price"] = "0"
    with pytest.raises(InputError) as caught:
        load_market(write(tables))
    assert [(f.file, f.column) for f in caught.value.findings] == [
        ("banks.csv", "nca"),
        ("banks.csv", "lon"),
        ("stock.csv", "units"),
        ("stock.csv", "baseline_habitat"),
        ("pricing.csv", "tier"),
        ("pricing.csv", "price"),
    ]


def test_no_false_positive(tables, write):
    """What is unusual but sound passes without an error or a warning."""
    tables["banks"][0].update(lpa="stratford on avon", nca="97", fixed_fee_gbp="")
    tables["banks"][0].update(waterbody="gb109054039870")
    tables["stock"][0].update(habitat="grassland -  OTHER neutral grassland", units="8.01")
    tables["stock"][1].update(gross_units="2.5", baseline_units="0", quoted_units="2.5")
    tables["stock"][2].update(stock_id="S 3", units="0")
    tables["stock"].append({**tables["stock"][1], "stock_id": "s1"})
    tables["pricing"][0].update(tier="*", price=" 2.7e4 ", basis="Unit")
    tables["pricing"][1].update(tier="LOCAL", contract_size="Fractional")
    market = load_market(write(tables))
    assert market.warnings == ()
    assert market.banks[0].place.lpa == "Stratford-on-Avon"
    assert market.banks[0].place.operational_catchment == "Avon Rural Rivers and Lakes"
    assert market.banks[0].fixed_fee_gbp == 0
    assert [line.stock_id for line in market.stock] == ["S 3", "S1", "S2", "s1"]
    assert {price.price_gbp for price in market.prices} == {
        Decimal(27000),
        Decimal("31000.5"),
        Decimal(60000),
    }


def test_the_net_gain_of_a_line_may_be_stated_by_either_felled_name(tables, write):
    tables["stock"][0]["habitat"] = "Woodland and forest - Replacement for felled woodland"
    market = load_market(write(tables))
    assert market.stock[0].habitat.name == "Woodland and forest - Felled"


def test_what_is_only_odd_is_a_warning(tables, write):
    tables["banks"][0]["lpa"] = "Aylesbury Vale"
    tables["banks"][1]["waterbody"] = "GB999054039870"
    tables["pricing"][1]["price"] = ""
    market = load_market(write(tables))
    places = [(w.file, w.row, w.column) for w in market.warnings]
    assert places == [
        ("banks.csv", 2, "lpa"),
        ("banks.csv", 2, "nca"),
        ("banks.csv", 3, "waterbody"),
        ("pricing.csv", 3, "price"),
    ]


def test_a_wrong_column_does_not_look_up_every_name(tables, write):
    line = tables["stock"][0]
    for number in range(MOST_LOOKUPS + 5):
        tables["stock"].append({**line, "stock_id": f"N{number}", "habitat": f"Thing {number}"})
    with pytest.raises(InputError) as caught:
        load_market(write(tables))
    assert len(caught.value.findings) == MOST_LOOKUPS + 5
    assert "not looked up" in caught.value.findings[-1].message
