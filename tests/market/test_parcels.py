"""What stock lines are on the ground: their units follow, and a purchase is a share of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bng_opt.errors import InputError
from bng_opt.market import load_market, save_market
from bng_opt.market.store import open_store
from bng_opt.market.store.imports import import_market
from bng_opt.market.store.snapshots import read_market
from bng_opt.metric.units import Enhancement, units_of

NEUTRAL = "Grassland - Other neutral grassland"
CEREAL = "Cropland - Cereal crops"
CREATED = {
    "stock_id": "S1",
    "works": "creation",
    "size": "4",
    "condition": "Moderate",
    "significance": "",
    "advance": "",
    "delay": "",
    "baseline_habitat": CEREAL,
    "baseline_condition": "Condition Assessment N/A",
}
ENHANCED = CREATED | {
    "works": "enhancement",
    "baseline_habitat": "Grassland - Modified grassland",
    "baseline_condition": "Poor",
}


def with_parcel(tables, *parcels, **stock):
    """Return the market with parcels, and its first line's units left to follow from them."""
    own = {"gross_units": "", "baseline_units": "", "baseline_habitat": "", **stock}
    first, *others = tables["stock"]
    return tables | {"stock": [first | own, *others], "parcels": list(parcels)}


def findings_of(folder) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_market(folder)
    return [f"{each.file} {each.column}: {each.message}" for each in caught.value.findings]


def test_units_follow_from_the_parcel(tables, write):
    market = load_market(write(with_parcel(tables, CREATED)))
    parcel, line = market.parcel_of("S1"), market.stock[0]
    created = 4 * 4 * 2 * 0.965**5  # size, Medium, Moderate, five years to target
    assert float(parcel.gross_units) == pytest.approx(created, abs=1e-4)
    assert float(parcel.gross_units) <= created
    assert parcel.baseline_units == 8
    assert (line.gross_units, line.baseline_units) == (parcel.gross_units, 8)
    assert line.baseline_habitat.name == CEREAL


def test_works_begun_in_advance_are_worth_more(tables, write):
    plain = load_market(write(with_parcel(tables, CREATED))).parcel_of("S1")
    ahead = load_market(write(with_parcel(tables, CREATED | {"advance": "3"}))).parcel_of("S1")
    late = load_market(write(with_parcel(tables, CREATED | {"delay": "3"}))).parcel_of("S1")
    assert late.gross_units < plain.gross_units < ahead.gross_units


def test_a_share_of_a_parcel_is_worth_that_share(tables, write):
    parcel = load_market(write(with_parcel(tables, ENHANCED))).parcel_of("S1")
    lost, outcome = parcel.share(0.25)
    assert isinstance(outcome, Enhancement)
    assert lost.size == outcome.size == 1.0
    whole = float(parcel.gross_units - parcel.baseline_units)
    made = float(units_of([outcome])[0] - units_of([lost])[0])
    assert made == pytest.approx(whole / 4, abs=1e-4)


def test_every_way_round_keeps_the_parcels(tables, write, tmp_path):
    market = load_market(write(with_parcel(tables, CREATED | {"advance": "30+"})))
    save_market(market, tmp_path / "again")
    assert load_market(tmp_path / "again") == market
    save_market(market, tmp_path / "again.xlsx")
    assert load_market(tmp_path / "again.xlsx") == market
    with open_store(tmp_path / "store.sqlite") as store:
        import_market(store, market, by="Ann")
        assert read_market(store).parcels == market.parcels


@pytest.mark.parametrize(
    ("parcels", "stock", "words"),
    [
        ([CREATED | {"stock_id": "S9"}], {}, 'parcels.csv stock_id: Unknown stock line "S9"'),
        ([CREATED, CREATED], {}, "parcels.csv stock_id: "),
        ([CREATED | {"works": "planting"}], {}, 'parcels.csv works: "planting" are no works'),
        ([CREATED | {"size": "0"}], {}, "parcels.csv size: The parcel has no size"),
        ([CREATED | {"size": "four"}], {}, "parcels.csv size: "),
        ([CREATED | {"condition": "Splendid"}], {}, "parcels.csv condition: "),
        ([CREATED | {"advance": "3", "delay": "3"}], {}, "parcels.csv works: "),
        ([CREATED | {"baseline_habitat": "Native hedgerow"}], {},
         "parcels.csv baseline_condition: "),
        ([ENHANCED | {"baseline_habitat": "", "baseline_condition": ""}], {},
         "parcels.csv works: An enhancement needs the habitat that is enhanced"),
        ([CREATED | {"baseline_habitat": NEUTRAL, "baseline_condition": "Good"}], {},
         "parcels.csv works: The works make"),
        ([CREATED], {"gross_units": "30"}, "stock.csv baseline_units: "),
        ([CREATED], {"gross_units": "30", "baseline_units": "8", "baseline_habitat": CEREAL},
         "stock gross_units: "),
        ([CREATED], {"units": "30"}, "stock units: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(tables, write, parcels, stock, words):
    found = findings_of(write(with_parcel(tables, *parcels, **stock)))
    assert any(words in each for each in found), found
    assert sum("Unknown stock line" in each for each in found) == ("Unknown" in words)


def test_all_that_is_wrong_comes_at_once(tables, write):
    wrong = [CREATED | {"size": "0"}, CREATED | {"stock_id": "S2", "works": "x"}]
    assert len(findings_of(write(with_parcel(tables, *wrong)))) >= 2


def test_units_stated_beside_a_parcel_have_to_agree(tables, write):
    market = load_market(write(with_parcel(tables, CREATED)))
    said = {"gross_units": str(market.stock[0].gross_units), "baseline_units": "8"}
    habitat = {"baseline_habitat": CEREAL}
    again = load_market(write(with_parcel(tables, CREATED, **said, **habitat)))
    assert again.stock[0].gross_units == Decimal(said["gross_units"])
