"""Where a habitat can't be bought within reach: no seller local or adjacent to a site there.

A site lies in a planning authority (LPA) and a National Character Area (NCA). A bank is local
to it in the same LPA or NCA, adjacent in a neighbouring one, as the spatial risk multiplier has
it. England is looked at by its overlaps of LPAs and NCAs, weighed by their area.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bng_opt.batch.content.blocks import (
    Block,
    Column,
    Row,
    joined,
    paragraph,
    part,
    table,
    units_shown,
)
from bng_opt.batch.content.stock_and_prices import HabitatStock, for_sale
from bng_opt.market import ContractSize, Market, StockLine, Tier
from bng_opt.places import Axis
from bng_opt.places.neighbours import neighbours
from bng_opt.places.tables import overlaps
from bng_opt.reference import Distinctiveness, Habitat, Ledger, TradingRule, catalogue

Pair = tuple[str, str]
"""An LPA and an NCA that overlap."""

_OWN_KIND = (TradingRule.SAME_HABITAT, TradingRule.SAME_HABITAT_OR_BESPOKE)
_WHOLE = 0.9995
"""A share that is shown as all of it: the areas are known to some hundredths of a percent."""


@dataclass(frozen=True)
class Reach:
    """Where a habitat can be bought.

    Attributes
    ----------
    local, adjacent
        The pairs of LPA and NCA with a local seller, and those with an adjacent one only.
    """

    habitat: Habitat
    local: frozenset[Pair]
    adjacent: frozenset[Pair]

    @property
    def within(self) -> frozenset[Pair]:
        """Return the pairs with a seller within reach."""
        return self.local | self.adjacent


def reaches(market: Market) -> tuple[Reach, ...]:
    """Return the reach of each habitat for sale that is judged by LPA and NCA.

    Watercourses go by catchment and intertidal habitats by marine plan area: they aren't here.
    """
    lines: dict[str, list[StockLine]] = {}
    for line in for_sale(market):
        lines.setdefault(line.habitat.name, []).append(line)
    return tuple(
        _reach(market, habitat, lines[habitat.name])
        for habitat in catalogue().habitats
        if habitat.name in lines and _goes_by_land(habitat)
    )


def _reach(market: Market, habitat: Habitat, lines: Iterable[StockLine]) -> Reach:
    sellers = {tier: _places(market, lines, tier) for tier in (Tier.LOCAL, Tier.ADJACENT)}
    lpas, ncas = sellers[Tier.LOCAL]
    local = frozenset(pair for pair in overlaps() if pair[0] in lpas or pair[1] in ncas)
    near_lpas, near_ncas = (
        frozenset().union(*(neighbours(axis, name) for name in names))
        for axis, names in zip((Axis.LPA, Axis.NCA), sellers[Tier.ADJACENT], strict=True)
    )
    beside = (pair for pair in overlaps() if pair[0] in near_lpas or pair[1] in near_ncas)
    return Reach(habitat, local, frozenset(beside) - local)


def _places(
    market: Market, lines: Iterable[StockLine], tier: Tier
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the LPAs and NCAs of the banks that sell at a tier."""
    places = [market.bank(line.bank_id).place for line in lines if _sells(market, line, tier)]
    return frozenset(place.lpa for place in places), frozenset(place.nca for place in places)


def _sells(market: Market, line: StockLine, tier: Tier) -> bool:
    return any(market.price_for(line, tier, size) is not None for size in ContractSize)


def share_of(pairs: Iterable[Pair], of: Iterable[Pair] | None = None) -> float:
    """Return which share of England's area, or of some pairs', lies in pairs."""
    whole = frozenset(overlaps() if of is None else of)
    total = sum(_km2(pair) for pair in whole)
    return sum(_km2(pair) for pair in whole.intersection(pairs)) / total


def scarcity_blocks(market: Market, stocks: Sequence[HabitatStock], areas: Sequence[str]) -> Block:
    """Return where habitats are out of reach: over England, and in some planning authorities.

    Parameters
    ----------
    areas
        The LPAs to look into, by their canonical names.
    """
    found = reaches(market)
    return joined(
        (
            paragraph(
                "Within reach is a bank in the same planning authority (LPA) or National Character "
                "Area (NCA) as the site, or in a neighbouring one. From further away only half "
                "of each unit counts."
            ),
            _england(found, {stock.habitat.name: stock for stock in stocks}),
            part("No seller within reach, by planning authority", _by_area(found, areas)),
            part("Watercourse and intertidal habitats", _waters(market, stocks)),
            part("Not for sale at any bank", _nowhere(stocks)),
        )
    )


def _england(found: Sequence[Reach], stocks: Mapping[str, HabitatStock]) -> Block:
    columns = (
        Column("Habitat", width=40),
        Column("Banks", True),
        Column("Units", True),
        Column("Local seller", True),
        Column("Adjacent at best", True),
        Column("None within reach", True),
    )
    rows = [
        Row(
            (
                reach.habitat.name,
                str(len(stocks[reach.habitat.name].banks)),
                units_shown(stocks[reach.habitat.name].units),
                _percent(share_of(reach.local)),
                _percent(share_of(reach.adjacent)),
                _percent(1 - share_of(reach.within)),
            )
        )
        for reach in sorted(found, key=lambda each: share_of(each.within))
    ]
    return table("Shares of England's area, the scarcest first", columns, rows)


def _by_area(found: Sequence[Reach], areas: Sequence[str]) -> Block:
    columns = (
        Column("Planning authority", width=24),
        Column("Out of reach everywhere in it", width=38),
        Column("Out of reach in part of it"),
    )
    rows = []
    for area in areas:
        pairs = [pair for pair in overlaps() if pair[0] == area]
        shares = {reach.habitat.name: share_of(reach.within, pairs) for reach in found}
        nowhere = [name for name, share in shares.items() if share <= 1 - _WHOLE]
        partly = [
            f"{name} ({_percent(1 - share)})"
            for name, share in shares.items()
            if 1 - _WHOLE < share < _WHOLE
        ]
        rows.append(Row((area, _listed(nowhere), _listed(partly))))
    caption = "Of the habitats that some bank sells; shares of the authority's area"
    return table(caption, columns, rows)


def _waters(market: Market, stocks: Sequence[HabitatStock]) -> Block:
    columns = (
        Column("Habitat", width=34),
        Column("Units", True),
        Column("Where it is sold: catchment or marine plan area"),
    )
    rows = []
    for stock in stocks:
        if _goes_by_land(stock.habitat):
            continue
        places = [market.bank(bank_id).place for bank_id in sorted(stock.banks)]
        by_catchment = stock.habitat.ledger is Ledger.WATERCOURSE
        sold_in = {
            place.operational_catchment if by_catchment else place.marine_plan_area
            for place in places
        }
        unknown = ["not stated by some banks"] if None in sold_in else []
        names = sorted(name for name in sold_in if name is not None)
        rows.append(
            Row((stock.habitat.name, units_shown(stock.units), _listed([*names, *unknown])))
        )
    return table(
        "They are judged by waterbody and catchment, or by marine plan area", columns, rows
    )


def _nowhere(stocks: Sequence[HabitatStock]) -> Block:
    """Return what no bank sells of the habitats that only their own kind makes good."""
    sold = {stock.habitat.name for stock in stocks}
    columns = (Column("Ledger and band", width=24), Column("Habitats"))
    rows = []
    for ledger in Ledger:
        for band in reversed(Distinctiveness):
            names = [
                habitat.name
                for habitat in catalogue().of(ledger)
                if habitat.rule in _OWN_KIND
                and habitat.distinctiveness is band
                and habitat.name not in sold
            ]
            if names:
                cells = (f"{ledger.value.capitalize()}: {band.value}", _listed(names))
                rows.append(Row(cells))
    caption = "Habitats whose loss only the same habitat makes good, and that no bank here sells"
    return table(caption, columns, rows)


def _goes_by_land(habitat: Habitat) -> bool:
    return habitat.ledger is not Ledger.WATERCOURSE and not habitat.is_intertidal


def _km2(pair: Pair) -> float:
    return float(overlaps()[pair]["km2"])


def _percent(share: float) -> str:
    """Return a share without a false 0% or 100%.

    Examples
    --------
    >>> _percent(0.001), _percent(0.25), _percent(0.9999)
    ('under 1%', '25%', '100%')
    """
    if share >= _WHOLE:
        return "100%"
    if 1 - _WHOLE < share < 0.01:
        return "under 1%"
    return f"{min(share, 0.99):.0%}"


def _listed(names: Sequence[str]) -> str:
    return "; ".join(names) or "none"
