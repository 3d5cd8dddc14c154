"""The market as a value: prices, order, snapshot, frames."""

from __future__ import annotations

import itertools
import pickle
import random
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.errors import InputError
from bng_opt.market import (
    Bank,
    BlankPrice,
    ContractSize,
    ContractThresholds,
    Market,
    Price,
    PriceBasis,
    StockLine,
    Tier,
    contract_size,
    load_market,
    save_market,
)
from bng_opt.places import Category, Place
from bng_opt.reference import catalogue
from tests.support.market_factory import make_frames, make_market

PLACE = Place("Stratford-on-Avon", "Arden")
MEADOW = catalogue().find("Grassland - Lowland meadows")
CEREAL = catalogue().find("Cropland - Cereal crops")
LINE = StockLine("S1", "B1", MEADOW, Decimal(5))


def market_of(*rows, stock=(LINE,)):
    return Market(
        (Bank("B1", "Bank", PLACE),),
        stock,
        tuple(row for row in rows if isinstance(row, Price)),
        tuple(row for row in rows if isinstance(row, BlankPrice)),
    )


def test_contract_sizes_begin_at_their_thresholds():
    sizes = {units: contract_size(units).value for units in (0, 0.0999, 0.1, 2.4999, 2.5, 14.9, 15)}
    assert list(sizes.values()) == (["fractional"] * 2 + ["small"] * 2 + ["medium"] * 2 + ["large"])
    own = ContractThresholds(Decimal(1), Decimal(2), Decimal(3))
    assert contract_size(Decimal("2.5"), own) is ContractSize.MEDIUM
    with pytest.raises(ValueError, match="rise"):
        ContractThresholds(Decimal(3), Decimal(2), Decimal(1))


def test_tiers_are_those_of_places():
    assert {category.tier for category in Category} == {tier.value for tier in Tier}


def test_a_baseline_gives_gain_and_loss_per_unit_exactly():
    line = StockLine("S", "B", MEADOW, Decimal(3), Decimal("0.4"), CEREAL, Decimal("0.1"))
    assert (line.gain_per_unit, line.loss_per_unit) == (Fraction(4, 3), Fraction(1, 3))
    assert line.states_baseline
    assert (LINE.gain_per_unit, LINE.loss_per_unit, LINE.states_baseline) == (1, 0, False)
    nothing_lost = StockLine("S", "B", MEADOW, Decimal(3), Decimal(3), None, Decimal(0))
    assert nothing_lost.states_baseline
    assert nothing_lost.loss_per_unit == 0


def test_specific_beats_any_looking_at_habitat_then_tier_then_size():
    order = [
        (habitat, tier, size)
        for habitat in (MEADOW, None)
        for tier in (Tier.LOCAL, None)
        for size in (ContractSize.SMALL, None)
    ]
    rows = [
        Price("B1", habitat, size, tier, Decimal(number), PriceBasis.UNIT)
        for number, (habitat, tier, size) in enumerate(order, 1)
    ]
    for kept in range(len(rows)):
        market = market_of(*random.Random(kept).sample(rows[kept:], len(rows) - kept))
        price = market.price_for(LINE, Tier.LOCAL, ContractSize.SMALL)
        assert price is not None
        assert price.price_gbp == kept + 1


def test_prices_of_another_tier_size_habitat_or_bank_do_not_hold():
    other = Bank("B2", "Other", PLACE)
    rows = (
        Price("B1", MEADOW, None, Tier.FAR, Decimal(1)),
        Price("B1", MEADOW, ContractSize.LARGE, None, Decimal(2)),
        Price("B1", CEREAL, None, None, Decimal(3)),
        Price("B2", None, None, None, Decimal(4)),
    )
    market = Market((other, Bank("B1", "Bank", PLACE)), (LINE,), rows)
    assert market.price_for(LINE, Tier.LOCAL, ContractSize.SMALL) is None
    assert market.unpriced == ()


def test_a_blank_price_is_not_known_and_no_wider_row_stands_in():
    wide = Price("B1", None, None, None, Decimal(9))
    market = market_of(wide, BlankPrice("B1", MEADOW, ContractSize.SMALL, None))
    assert market.price_for(LINE, Tier.FAR, ContractSize.SMALL) is None
    assert market.price_for(LINE, Tier.FAR, ContractSize.LARGE) == wide
    assert market.unpriced == ()


def test_a_more_specific_price_beats_a_blank():
    exact = Price("B1", MEADOW, ContractSize.SMALL, Tier.FAR, Decimal(9))
    market = market_of(exact, BlankPrice("B1", MEADOW, None, None))
    assert market.price_for(LINE, Tier.FAR, ContractSize.SMALL) == exact
    assert market.price_for(LINE, Tier.FAR, ContractSize.LARGE) is None


def test_a_line_without_any_price_is_reported():
    bare, blank = market_of(), market_of(BlankPrice("B1", MEADOW, None, None))
    for market in (bare, blank):
        assert market.unpriced == (LINE,)
        assert '"S1"' in market.warnings[-1].message


def test_a_market_refuses_repeated_ids_and_unknown_banks():
    price = Price("B1", None, None, None, Decimal(9))
    stranger = StockLine("S2", "B9", MEADOW, Decimal(1))
    with pytest.raises(InputError) as caught:
        market_of(price, BlankPrice("B1", None, None, None), stock=(LINE, LINE, stranger))
    assert len(caught.value.findings) == 3


def test_records_are_found_by_id():
    market = make_market(5)
    bank = market.banks[2]
    assert market.bank(bank.bank_id) is bank
    assert {line.bank_id for line in market.lines_of(bank.bank_id)} == {bank.bank_id}
    assert sum(len(market.lines_of(b.bank_id)) for b in market.banks) == len(market.stock)
    with pytest.raises(InputError, match="Nearest ids"):
        market.bank("B0003x")


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rng):
    frames = make_frames(4, 3, seed=5, baselines=True, fees=True)
    shuffled = {
        name: frame.sample(frac=1, random_state=rng.randrange(2**32))
        for name, frame in frames.items()
    }
    assert load_market(shuffled) == load_market(frames)
    assert load_market(shuffled).snapshot == load_market(frames).snapshot


def test_the_spelling_of_a_number_changes_nothing(tables, write):
    plain = load_market(write(tables)).snapshot
    tables["stock"][0].update(units="8.00", gross_units="1e1")
    tables["banks"][0].update(lat="52.270", fixed_fee_gbp="250.0")
    assert load_market(write(tables)).snapshot == plain


@pytest.mark.parametrize(
    ("table", "row", "column", "text"),
    [
        ("banks", 0, "bank_name", "Mill Bnak"),
        ("banks", 1, "lpa", "Torridge"),
        ("banks", 0, "fixed_fee_gbp", "251"),
        ("stock", 0, "units", "7.99"),
        ("stock", 0, "quoted_units", "1"),
        ("pricing", 0, "price", "27001"),
        ("pricing", 0, "price", ""),
        ("pricing", 2, "basis", "unit"),
        ("pricing", 2, "tier", "*"),
    ],
)
def test_any_change_of_content_changes_the_snapshot(tables, write, table, row, column, text):
    before = load_market(write(tables))
    tables[table][row][column] = text
    after = load_market(write(tables))
    assert after.snapshot != before.snapshot
    assert after != before


def test_the_snapshot_is_the_same_in_every_process_and_release():
    """Guards the cache's keys: change it only with the name of the snapshot's form."""
    price = Price("B1", None, None, Tier.FAR, Decimal("1.50"), PriceBasis.DELIVERED)
    assert market_of(price).snapshot == (
        "b3c406a6fddf733bc2106fc58963cf1cbf935302fab4a289c4a447a97629ac2e"
    )


def test_a_market_prints_as_a_short_report():
    text = str(make_market(30, baselines=True, fees=True))
    assert text.startswith("Market ")
    assert "30 banks" in text
    assert len(text.splitlines()) == 7
    assert repr(market_of()) == "<Market of 1 banks and 1 stock lines>"


def test_a_market_survives_pickling():
    market = make_market(5)
    assert market.snapshot
    assert pickle.loads(pickle.dumps(market)) == market


def test_frames_read_back_as_the_same_market():
    market = make_market(10, baselines=True, fees=True, delivered=0.5, price_grid="sizes")
    frames = market.to_frames()
    assert load_market(frames) == market
    assert list(frames) == ["banks", "stock", "pricing"]
    assert frames["stock"]["units"].dtype == "float64"


def test_an_empty_market_can_be_written_and_read(tmp_path):
    empty = Market((), (), ())
    assert load_market(save_market(empty, tmp_path / "new")) == empty
    assert load_market(empty.to_frames()) == empty


TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from(',"\n\r;'), max_size=8
).map(str.strip)
IDS = TEXT.filter(bool)
AMOUNTS = st.decimals(0, 10**8, places=4)
TRADING = [habitat for habitat in catalogue().habitats if habitat.trades]
HABITATS = st.integers(0, len(TRADING) - 1).map(TRADING.__getitem__)
PLACES = st.builds(
    Place,
    st.just("Stratford-on-Avon"),
    st.just("Arden"),
    marine_plan_area=st.sampled_from([None, "South Inshore"]),
    lat=st.floats(50, 55).map(lambda lat: round(lat, 6)),
    lon=st.floats(-5, 1).map(lambda lon: round(lon, 6) + 0.0),
)


@st.composite
def markets(draw):
    banks = draw(
        st.lists(
            st.builds(Bank, IDS, IDS, PLACES, TEXT, TEXT, AMOUNTS),
            max_size=4,
            unique_by=lambda bank: bank.bank_id,
        )
    )
    if not banks:
        return Market((), (), ())
    bank_ids = st.sampled_from([bank.bank_id for bank in banks])
    lines = draw(st.lists(stock_lines(bank_ids), max_size=5, unique_by=lambda line: line.stock_id))
    keys = (
        bank_ids,
        st.none() | HABITATS,
        st.none() | st.sampled_from(ContractSize),
        st.none() | st.sampled_from(Tier),
    )
    prices = AMOUNTS.filter(bool)
    rows = draw(
        st.lists(
            st.builds(Price, *keys, prices, st.sampled_from(PriceBasis))
            | st.builds(BlankPrice, *keys),
            max_size=8,
            unique_by=lambda row: row.key,
        )
    )
    return Market(
        tuple(banks),
        tuple(lines),
        tuple(row for row in rows if isinstance(row, Price)),
        tuple(row for row in rows if isinstance(row, BlankPrice)),
    )


@st.composite
def stock_lines(draw, bank_ids):
    habitat, units = draw(HABITATS), draw(AMOUNTS)
    quoted = draw(st.sampled_from([Decimal(0), units]))
    gross = lost = baseline = None
    if draw(st.booleans()):
        baseline = draw(HABITATS.filter(lambda other: other.ledger is habitat.ledger))
        lost = draw(AMOUNTS)
        gross = units + lost + Decimal("0.01")
    return StockLine(draw(IDS), draw(bank_ids), habitat, units, gross, baseline, lost, quoted)


@given(markets())
def test_a_folder_reads_back_as_the_same_market(tmp_path_factory, market):
    folder = save_market(market, tmp_path_factory.mktemp("market"))
    again = load_market(folder)
    assert again == market
    assert again.snapshot == market.snapshot
    texts = [path.read_bytes() for path in sorted(folder.iterdir())]
    save_market(again, folder)
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == texts


def test_every_price_lookup_agrees_with_a_search_of_all_rows():
    market = make_market(8, price_grid="full", seed=3)
    for line in market.stock:
        for tier, size in itertools.product(Tier, ContractSize):
            rows = [
                row
                for row in market.prices
                if row.bank_id == line.bank_id
                and row.habitat in (line.habitat, None)
                and row.tier in (tier, None)
                and row.contract_size in (size, None)
            ]
            best = min(
                rows, key=lambda r: (r.habitat is None, r.tier is None, r.contract_size is None)
            )
            assert market.price_for(line, tier, size) == best
