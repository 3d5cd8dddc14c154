"""Synthetic markets: deterministic, realistic in their mix, and made as fast as tests need.

Prices keep inside the ranges that brokers and agents have quoted (``data/demo/README.md``
names the sources); the spread inside a range, the contract sizes and the tiers are our own
assumptions. The demonstration market is made with the same code
(``data/make_demo_market.py``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any, Literal

from bng_opt.market import Market, load_market
from bng_opt.market.schema import SCHEMAS
from bng_opt.places.names import marine_plan_area_names
from bng_opt.places.tables import read_rows
from bng_opt.reference import Habitat, Ledger, catalogue

if TYPE_CHECKING:
    import pandas as pd

Baselines = Literal["low", "medium"] | bool
PriceGrid = Literal["full", "sizes", "flat"]
Cell = str | float | None
Rows = dict[str, list[tuple[Cell, ...]]]

# Habitat, share of lines, and the low, typical and high price per unit [GBP].
_OFFERED: tuple[tuple[str, float, int, int, int], ...] = (
    ("Grassland - Other neutral grassland", 24, 17000, 25000, 30000),
    ("Heathland and shrub - Mixed scrub", 13, 19000, 26000, 30000),
    ("Grassland - Lowland meadows", 8, 30000, 38000, 70000),
    ("Woodland and forest - Other woodland; broadleaved", 8, 28000, 36000, 70000),
    ("Woodland and forest - Lowland mixed deciduous woodland", 6, 32000, 45000, 90000),
    ("Individual trees - Rural tree", 3, 22000, 30000, 50000),
    ("Heathland and shrub - Hawthorn scrub", 2, 19000, 26000, 35000),
    ("Grassland - Modified grassland", 2, 17000, 21000, 28000),
    ("Grassland - Floodplain wetland mosaic and CFGM", 2, 30000, 42000, 90000),
    ("Grassland - Lowland calcareous grassland", 2, 30000, 42000, 90000),
    ("Grassland - Traditional orchards", 2, 30000, 42000, 90000),
    ("Lakes - Ponds (priority habitat)", 2, 45000, 80000, 180000),
    ("Lakes - Ponds (non-priority habitat)", 2, 30000, 50000, 120000),
    ("Cropland - Arable field margins tussocky", 1, 19000, 26000, 35000),
    ("Grassland - Other lowland acid grassland", 1, 19000, 26000, 35000),
    ("Heathland and shrub - Lowland heathland", 1, 30000, 42000, 90000),
    ("Individual trees - Urban tree", 1, 25000, 35000, 60000),
    ("Woodland and forest - Wet woodland", 1, 30000, 42000, 90000),
    ("Woodland and forest - Wood-pasture and parkland", 1, 45000, 75000, 150000),
    ("Urban - Open mosaic habitats on previously developed land", 1, 30000, 42000, 90000),
    ("Wetland - Reedbeds", 0.5, 30000, 42000, 90000),
    ("Wetland - Fens (upland and lowland)", 0.5, 45000, 75000, 150000),
    ("Coastal saltmarsh - Saltmarshes and saline reedbeds", 0.5, 30000, 42000, 90000),
    ("Species-rich native hedgerow", 7, 20000, 27000, 38000),
    ("Native hedgerow", 4, 19000, 25000, 35000),
    ("Species-rich native hedgerow with trees", 3, 24000, 32000, 42000),
    ("Native hedgerow with trees", 2, 20000, 27000, 38000),
    (
        "Species-rich native hedgerow with trees - associated with bank or ditch",
        1,
        28000,
        36000,
        44000,
    ),
    ("Ecologically valuable line of trees", 0.5, 20000, 27000, 38000),
    ("Line of trees", 0.5, 19000, 25000, 35000),
    ("Ditches", 3, 35000, 60000, 120000),
    ("Other rivers and streams", 2, 60000, 110000, 200000),
    ("Priority habitat", 0.7, 90000, 150000, 230000),
    ("Canals", 0.3, 50000, 90000, 180000),
)

_LOST = {
    ("low", Ledger.AREA): ("Cropland - Cereal crops", "Grassland - Modified grassland"),
    ("medium", Ledger.AREA): (
        "Grassland - Other neutral grassland",
        "Heathland and shrub - Mixed scrub",
        "Cropland - Arable field margins tussocky",
    ),
    ("low", Ledger.HEDGEROW): ("Native hedgerow", "Line of trees"),
    ("medium", Ledger.HEDGEROW): ("Native hedgerow with trees",),
    ("low", Ledger.WATERCOURSE): ("Culvert",),
    ("medium", Ledger.WATERCOURSE): ("Ditches",),
}

_SIZE_FACTORS = {"fractional": 1.25, "small": 1.08, "medium": 1.0, "large": 0.9}
_TIER_FACTORS = {"local": 1.0, "adjacent": 0.95, "far": 0.9}

# Where the rivers of the demonstration's own corner of England run; elsewhere each NCA is
# given some catchment of the table, for no table says which lies where.
_CATCHMENTS = {
    "Arden": "Avon Urban Rivers and Lakes",
    "Cotswolds": "Windrush",
    "Dunsmore and Feldon": "Avon Rural Rivers and Lakes",
    "Severn and Avon Vales": "Avon - Midlands West",
    "Upper Thames Clay Vales": "Evenlode",
}

_FIRST = (
    "Alder Ash Aspen Bittern Bramble Cowslip Curlew Dunnock Elder Fieldfare Foxglove Godwit "
    "Hazel Heron Kestrel Kingcup Lapwing Linnet Mallow Meadowsweet Nightjar Oxlip Plover "
    "Quaking Redstart Rowan Sallow Siskin Skylark Sorrel Teasel Thistle Turtledove Wagtail "
    "Whinchat Yarrow"
).split()
_SECOND = (
    "Acre Bank Bottom Brook Carr Copse Croft Dell Down End Farm Field Fold Ford Furlong Ghyll "
    "Green Hanger Heath Hill Holt Hurst Ings Lea Marsh Mead Moor Piece Reach Spinney Vale Wood"
).split()


@dataclass(frozen=True)
class MarketPlan:
    """What a synthetic market is to be like.

    Parameters
    ----------
    n_banks, lines_per_bank
        How many banks, and how many stock lines each on average.
    seed
        The same plan with the same seed is the same market, byte for byte.
    fees
        Whether a third of the banks charge a fixed fee.
    baselines
        Whether 60% of the lines state a baseline: of Low or of Medium habitat, or (True) of
        both; False for none.
    price_grid
        ``"full"``: a row for each habitat, size and tier; ``"sizes"``: for each habitat and
        size, at any tier; ``"flat"``: one row a line.
    delivered
        Share of the banks that price by the delivered unit.
    places
        LPA and NCA pairs for the first banks; the others lie anywhere in England.
    within
        If given, only these LPAs.
    invent_waters
        Whether watercourse banks outside the corner of England that is known lie in a
        catchment that has no likeness to the truth.
    prefix
        What bank ids begin with.
    """

    n_banks: int
    lines_per_bank: int = 6
    seed: int = 0
    fees: bool = False
    baselines: Baselines = False
    price_grid: PriceGrid = "full"
    delivered: float = 0.0
    places: Sequence[tuple[str, str]] = ()
    within: Sequence[str] = field(default=())
    invent_waters: bool = True
    prefix: str = "B"


def make_rows(plan: MarketPlan) -> Rows:
    """Return the rows of the three tables, in the columns of the schema."""
    rng = Random(plan.seed)
    rows: Rows = {schema.name: [] for schema in SCHEMAS}
    spots = _spots(plan, rng)
    digits = max(3, len(str(plan.n_banks)))
    for number, spot in enumerate(spots, 1):
        bank_id = f"{plan.prefix}{number:0{digits}d}"
        habitats = _draw_habitats(plan, rng)
        rows["banks"].append(_bank(plan, rng, number, bank_id, spot, habitats))
        level = math.exp(rng.gauss(0, 0.12))
        basis = "delivered" if rng.random() < plan.delivered else "unit"
        for position, (habitat, *prices) in enumerate(habitats, 1):
            rows["stock"].append(_line(plan, rng, f"{bank_id}-{position}", bank_id, habitat))
            typical = level * rng.triangular(prices[0], prices[2], prices[1])
            rows["pricing"].extend(_prices(plan, bank_id, habitat.name, typical, basis))
    return rows


def make_frames(
    n_banks: int, lines_per_bank: int = 6, seed: int = 0, **wishes: Any
) -> dict[str, pd.DataFrame]:
    """Return a synthetic market as three DataFrames; ``wishes`` are those of MarketPlan."""
    import pandas as pd

    rows = make_rows(MarketPlan(n_banks, lines_per_bank, seed, **wishes))
    return {
        schema.name: pd.DataFrame(rows[schema.name], columns=list(schema.names))
        for schema in SCHEMAS
    }


def make_market(n_banks: int, lines_per_bank: int = 6, seed: int = 0, **wishes: Any) -> Market:
    """Return a synthetic market; ``wishes`` are those of MarketPlan.

    Examples
    --------
    >>> make_market(20, fees=True, baselines="medium") == make_market(
    ...     20, fees=True, baselines="medium"
    ... )
    True
    """
    return load_market(make_frames(n_banks, lines_per_bank, seed, **wishes))


@cache
def _overlap_rows() -> tuple[dict[str, str], ...]:
    return tuple(dict(row) for row in read_rows("lpa_nca_overlap.csv"))


@cache
def _offered() -> tuple[tuple[Habitat, int, int, int], ...]:
    find = catalogue().find
    return tuple((find(name), low, typical, high) for name, _, low, typical, high in _OFFERED)


@cache
def _waterbodies() -> dict[str, tuple[str, ...]]:
    bodies: dict[str, list[str]] = {}
    for row in read_rows("wfd_waterbodies_cycle2.csv"):
        if row["type"] == "River":
            bodies.setdefault(row["operational_catchment"], []).append(row["wb_id"])
    return {name: tuple(sorted(ids)) for name, ids in sorted(bodies.items())}


def _spots(plan: MarketPlan, rng: Random) -> list[dict[str, str]]:
    """Return where each bank lies: a row of the overlap table."""
    named = {(row["lpa"], row["nca"]): row for row in _overlap_rows()}
    first = [named[pair] for pair in plan.places][: plan.n_banks]
    rows = [row for row in _overlap_rows() if not plan.within or row["lpa"] in plan.within]
    weights = [float(row["km2"]) for row in rows]
    return [*first, *rng.choices(rows, weights, k=plan.n_banks - len(first))]


def _draw_habitats(plan: MarketPlan, rng: Random) -> list[tuple[Habitat, int, int, int]]:
    wanted = max(1, plan.lines_per_bank + rng.choice((-2, -1, 0, 0, 1, 2)))
    if plan.lines_per_bank <= 2:
        wanted = plan.lines_per_bank
    weights = [offered[1] for offered in _OFFERED]
    drawn = dict.fromkeys(rng.choices(range(len(_OFFERED)), weights, k=3 * wanted))
    return [_offered()[index] for index in [*drawn][:wanted]]


def _bank(
    plan: MarketPlan,
    rng: Random,
    number: int,
    bank_id: str,
    spot: dict[str, str],
    habitats: Sequence[tuple[Habitat, int, int, int]],
) -> tuple[Cell, ...]:
    first = _FIRST[number % len(_FIRST)]
    second = _SECOND[(number // len(_FIRST) + 7 * number) % len(_SECOND)]
    fee = rng.choice((250, 350, 500, 750, 1000, 1500)) if rng.random() < 1 / 3 else None
    waterbody = None
    if any(habitat.ledger is Ledger.WATERCOURSE for habitat, *_ in habitats):
        waterbody = _waterbody(plan, rng, spot["nca"])
    marine = None
    if any(habitat.is_intertidal for habitat, *_ in habitats):
        marine = rng.choice(marine_plan_area_names())
    return (
        bank_id,
        f"{first} {second} Habitat Bank",
        spot["lpa"],
        spot["nca"],
        float(spot["lat"]),
        float(spot["lon"]),
        None,
        waterbody,
        None,
        marine,
        f"BGS-{bank_id}",
        fee if plan.fees else None,
    )


def _waterbody(plan: MarketPlan, rng: Random, nca: str) -> str | None:
    bodies = _waterbodies()
    catchment = _CATCHMENTS.get(nca)
    draw = rng.random()
    if catchment is None:
        if not plan.invent_waters:
            return None
        names = list(bodies)
        catchment = names[sum(map(ord, nca)) % len(names)]
    return bodies[catchment][int(draw * len(bodies[catchment]))]


def _line(
    plan: MarketPlan, rng: Random, stock_id: str, bank_id: str, habitat: Habitat
) -> tuple[Cell, ...]:
    units = round(min(40.0, max(0.1, math.exp(rng.gauss(math.log(4), 1.1)))), 2)
    quoted = round(units * rng.random() / 2, 2) if rng.random() < 0.05 else None
    gross: float | None = None
    lost: float | None = None
    baseline: str | None = None
    chance, share, level, choice = (rng.random() for _ in range(4))
    if plan.baselines and chance < 0.6:
        band = plan.baselines if isinstance(plan.baselines, str) else ("low", "medium")[level < 0.3]
        names = _LOST[band, habitat.ledger]
        baseline = names[int(choice * len(names))]
        lost = round(units * (0.1 + 0.4 * share), 2)
        gross = round(units + lost, 2)
    return (stock_id, bank_id, habitat.name, units, gross, baseline, lost, quoted)


def _prices(
    plan: MarketPlan, bank_id: str, habitat: str, typical: float, basis: str
) -> list[tuple[Cell, ...]]:
    if plan.price_grid == "flat":
        return [(bank_id, habitat, "*", "*", _rounded(typical), basis)]
    tiers = _TIER_FACTORS if plan.price_grid == "full" else {"*": 1.0}
    return [
        (bank_id, habitat, size, tier, _rounded(typical * of_size * of_tier), basis)
        for size, of_size in _SIZE_FACTORS.items()
        for tier, of_tier in tiers.items()
    ]


def _rounded(price: float) -> float:
    return float(50 * round(price / 50))
