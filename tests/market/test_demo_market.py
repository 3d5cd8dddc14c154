"""The shipped demonstration market, and the generator that made it."""

from __future__ import annotations

import runpy

from bng_opt.market import Tier, load_market
from bng_opt.places import Site, assess
from bng_opt.reference import Ledger
from tests.support.market_factory import make_frames, make_market


def test_the_demonstration_market_shows_what_a_market_can_say(repository):
    market = load_market(repository / "data" / "demo" / "market")
    assert len(market.banks) == 60
    assert all(bank.name.endswith("(fictional)") for bank in market.banks)
    assert {line.habitat.ledger for line in market.stock} == set(Ledger)
    assert any(line.states_baseline for line in market.stock)
    assert any(bank.fixed_fee_gbp for bank in market.banks)
    assert sum(bank.place.waterbody is not None for bank in market.banks) >= 5
    assert len(market.unpriced) == 1
    assert len(market.blank_prices) == 2
    assert len(market.warnings) == 3


def test_half_of_the_demonstration_banks_are_near_stratford(repository):
    market = load_market(repository / "data" / "demo" / "market")
    site = Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon")
    tiers = [Tier(assess(site, bank.place).tier) for bank in market.banks]
    assert sum(tier is not Tier.FAR for tier in tiers) >= 25
    assert set(tiers) == set(Tier)


def test_making_the_demonstration_market_again_gives_the_same_bytes(repository, tmp_path):
    script = runpy.run_path(str(repository / "data" / "make_demo_market.py"))
    script["main"].__globals__["FOLDER"] = tmp_path
    script["main"]()
    for path in (repository / "data" / "demo" / "market").glob("*.csv"):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_the_factory_is_deterministic_and_differs_by_seed():
    wishes = {"fees": True, "baselines": True}
    assert make_market(15, seed=1, **wishes) == make_market(15, seed=1, **wishes)
    assert make_market(15, seed=1, **wishes) != make_market(15, seed=2, **wishes)


def test_the_factory_makes_what_it_is_asked_for():
    market = make_market(40, seed=4, baselines="medium", within=["Leeds"], fees=True)
    assert {bank.place.lpa for bank in market.banks} == {"Leeds"}
    bands = {
        line.baseline_habitat.distinctiveness for line in market.stock if line.baseline_habitat
    }
    assert {band.value for band in bands} == {"Medium"}
    assert not market.warnings
    assert not any(line.states_baseline for line in make_market(10).stock)


def test_the_whole_english_market_is_made_and_read(tmp_path):
    frames = make_frames(2000, price_grid="flat")
    for name, frame in frames.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    market = load_market(tmp_path)
    assert len(market.stock) > 11_000
