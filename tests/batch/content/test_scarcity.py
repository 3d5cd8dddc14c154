"""Where a habitat is out of reach, judged as the spatial risk multiplier judges it."""

from __future__ import annotations

import random

import pytest

from bng_opt.batch.content.scarcity import reaches, scarcity_blocks, share_of
from bng_opt.batch.content.stock_and_prices import by_habitat
from bng_opt.market import ContractSize, Market, load_market
from bng_opt.places import Category, Site, assess
from bng_opt.places.tables import overlaps
from tests.support.report_pages import headings, tables
from tests.support.scenarios import (
    DITCHES,
    HEDGE_MEDIUM,
    MEADOW,
    NEUTRAL,
    SALTMARSH,
    BankSpec,
    Line,
    Scene,
)

SCENE = Scene(
    (
        Line(NEUTRAL, 3, 20, "A"),
        Line(NEUTRAL, 3, 20, "F1"),
        Line(MEADOW, 3, 20, "N1"),
        Line(HEDGE_MEDIUM, 0, 20, "A"),
        Line(DITCHES, 2, 20, "A"),
        Line(SALTMARSH, 2, 20, "B"),
    ),
    banks=(BankSpec("B", water=None, sea=None),),
)


@pytest.fixture(scope="module", name="market")
def _market() -> Market:
    return SCENE.market()


def test_reach_is_that_of_the_spatial_risk_multiplier(market: Market) -> None:
    (neutral,) = (each for each in reaches(market) if each.habitat.name == NEUTRAL)
    banks = [market.bank(bank_id) for bank_id in ("A", "F1")]
    pairs = random.Random(7).sample(sorted(overlaps()), 60)
    pairs += random.Random(8).sample(sorted(neutral.within), 20)
    for pair in pairs:
        site = Site.from_names(*pair)
        best = {assess(site, bank.place).category for bank in banks}
        assert (pair in neutral.local) == (Category.WITHIN in best)
        beside = Category.NEIGHBOURING in best and Category.WITHIN not in best
        assert (pair in neutral.adjacent) == beside


def test_what_is_sold_out_or_goes_by_water_has_no_reach_on_land(market: Market) -> None:
    names = {each.habitat.name for each in reaches(market)}
    assert names == {NEUTRAL, MEADOW}


def test_a_tier_without_a_price_is_no_seller(market: Market) -> None:
    frames = SCENE.frames()
    frames["pricing"] = frames["pricing"].assign(tier="adjacent")
    (meadow,) = (r for r in reaches(load_market(frames)) if r.habitat.name == MEADOW)
    assert meadow.local == frozenset()
    assert ("Cherwell", "Cotswolds") not in meadow.within
    assert meadow.adjacent


def test_shares_of_england_add_up(market: Market) -> None:
    for reach in reaches(market):
        shares = share_of(reach.local) + share_of(reach.adjacent)
        assert shares == pytest.approx(share_of(reach.within))
        assert 0 < shares < 1
    assert share_of(overlaps()) == pytest.approx(1)
    assert share_of([]) == 0


def test_the_blocks_name_what_is_out_of_reach_and_what_nobody_sells(market: Market) -> None:
    stocks = by_habitat(market, ContractSize.MEDIUM)
    block = scarcity_blocks(market, stocks, ["Cornwall", "Leeds", "Stratford-on-Avon"])
    england, areas, waters, nowhere = tables(block)
    assert england.of("line")[0][0] == MEADOW
    assert [cells[0] for cells in areas.of("line")] == ["Cornwall", "Leeds", "Stratford-on-Avon"]
    cornwall, leeds, _ = areas.of("line")
    assert cornwall[1:] == [f"{MEADOW}; {NEUTRAL}", "none"]
    assert leeds[1:] == [MEADOW, "none"]
    assert [cells[0] for cells in waters.of("line")] == [SALTMARSH, DITCHES]
    assert waters.of("line")[0][2] == "not stated by some banks"
    listed = " ".join(cells[1] for cells in nowhere.of("line"))
    assert "Blanket bog" in listed
    assert MEADOW not in listed
    assert "Cereal" not in listed


def test_without_areas_there_is_no_table_of_them(market: Market) -> None:
    block = scarcity_blocks(market, by_habitat(market, ContractSize.SMALL), [])
    assert not any("planning authority" in heading for heading in headings(block))
