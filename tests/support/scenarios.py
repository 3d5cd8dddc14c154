"""Small worlds for the tests of the optimiser: stated in a few words, or drawn at random.

A :class:`Scene` says in plain values what a development owes and what banks sell. It makes
the package's own requirement, market, site and policy from them; the oracles of
:mod:`tests.support.oracle` read the plain values and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from bng_opt.market import Market, load_market
from bng_opt.market.schema import SCHEMAS
from bng_opt.metric.requirement import HabitatChange, LedgerRequirement, Requirement
from bng_opt.optimiser.plan import Plan
from bng_opt.optimiser.policy import Policy
from bng_opt.optimiser.scenario import Scenario
from bng_opt.places import Site
from bng_opt.reference import Ledger, catalogue
from bng_opt.runtime.run import optimise

WITHIN, BESIDE, FAR = "within", "neighbouring", "outside"
AREA, HEDGEROW, WATERCOURSE = "area", "hedgerow", "watercourse"

LAND = {
    WITHIN: ("Stratford-on-Avon", "Arden"),
    BESIDE: ("Cherwell", "Cotswolds"),
    FAR: ("Leeds", "Southern Pennines"),
}
WATER = {WITHIN: "GB109054039470", BESIDE: "GB109054039490", FAR: "GB106039023770"}
SEA = {WITHIN: "South East Inshore", BESIDE: "South Inshore", FAR: "North West Inshore"}

MEADOW = "Grassland - Lowland meadows"
PARKLAND = "Woodland and forest - Wood-pasture and parkland"
WOODLAND = "Woodland and forest - Lowland mixed deciduous woodland"
FELLED = "Woodland and forest - Felled"
ORCHARD = "Grassland - Traditional orchards"
MOSAIC = "Grassland - Floodplain wetland mosaic and CFGM"
REEDBED = "Wetland - Reedbeds"
NEUTRAL = "Grassland - Other neutral grassland"
ACID = "Grassland - Other lowland acid grassland"
SCRUB = "Heathland and shrub - Mixed scrub"
BROADLEAVED = "Woodland and forest - Other woodland; broadleaved"
POND = "Lakes - Ponds (non-priority habitat)"
URBAN_TREE = "Individual trees - Urban tree"
RURAL_TREE = "Individual trees - Rural tree"
CEMETERY = "Urban - Cemeteries and churchyards"
SALTMARSH = "Coastal saltmarsh - Saltmarshes and saline reedbeds"
SAND = "Intertidal sediment - Littoral sand"
IGGI = (
    "Intertidal hard structures - Artificial hard structures with integrated greening of grey "
    "infrastructure (IGGI)"
)
CEREAL = "Cropland - Cereal crops"
MODIFIED = "Grassland - Modified grassland"

HEDGE_VERY_HIGH = "Species-rich native hedgerow with trees - associated with bank or ditch"
HEDGE_HIGH = "Species-rich native hedgerow with trees"
HEDGE_HIGH_2 = "Species-rich native hedgerow - associated with bank or ditch"
HEDGE_MEDIUM = "Species-rich native hedgerow"
HEDGE_MEDIUM_2 = "Native hedgerow with trees"
HEDGE_LOW = "Native hedgerow"
HEDGE_VERY_LOW = "Non-native and ornamental hedgerow"

PRIORITY_RIVER = "Priority habitat"
RIVER = "Other rivers and streams"
DITCHES = "Ditches"
CANALS = "Canals"
CULVERT = "Culvert"

POOLS = {
    AREA: (
        MEADOW, PARKLAND, WOODLAND, FELLED, ORCHARD, SALTMARSH, NEUTRAL, ACID, SCRUB,
        BROADLEAVED, POND, URBAN_TREE, RURAL_TREE, SAND, IGGI, CEREAL, MODIFIED,
    ),
    HEDGEROW: (
        HEDGE_VERY_HIGH, HEDGE_HIGH, HEDGE_HIGH_2, HEDGE_MEDIUM, HEDGE_MEDIUM_2, HEDGE_LOW,
        HEDGE_VERY_LOW,
    ),
    WATERCOURSE: (PRIORITY_RIVER, RIVER, DITCHES, CANALS, CULVERT),
}  # fmt: skip
"""Habitats of every band and of several Medium groups, by ledger."""


@dataclass(frozen=True)
class BankSpec:
    """Where a bank is, what it charges once, and at which point it lies."""

    bank_id: str
    land: str = WITHIN
    water: str | None = WITHIN
    sea: str | None = WITHIN
    fee: str = "0"
    lat: float | None = None
    lon: float | None = None

    @staticmethod
    def named(bank_id: str) -> BankSpec:
        """Return the bank that an id stands for: N… neighbouring, F… far, else within."""
        near = {"N": BESIDE, "F": FAR}.get(bank_id[0], WITHIN)
        return BankSpec(bank_id, near, near, near)


@dataclass(frozen=True)
class Line:
    """A stock line with its price.

    Parameters
    ----------
    price
        One price, or prices by contract size [GBP/unit].
    lost, lost_units
        The bank's own baseline: buying all net units takes so many of them away.
    net
        The whole line's net units; by default those for sale.
    """

    habitat: str
    units: float | str
    price: float | str | Mapping[str, float | str]
    bank_id: str = "A"
    lost: str = ""
    lost_units: float | str = 0
    net: float | str | None = None
    quoted: float | str = 0
    basis: str = "unit"
    stock_id: str = ""

    @property
    def whole_net(self) -> Decimal:
        """Return the whole line's net units [units]."""
        return Decimal(str(self.units if self.net is None else self.net))

    @property
    def prices(self) -> dict[str, Decimal]:
        """Return the price by contract size, ``*`` for any [GBP/unit]."""
        stated = self.price if isinstance(self.price, Mapping) else {"*": self.price}
        return {size: Decimal(str(price)) for size, price in stated.items()}


@dataclass(frozen=True)
class Scene:
    """A development's need and a market, in plain values.

    Parameters
    ----------
    changes
        Project-wide change by habitat, any ledger [units].
    deficits
        Headline deficit by ledger [units].
    """

    lines: tuple[Line, ...]
    changes: Mapping[str, float] = field(default_factory=dict)
    deficits: Mapping[str, float] = field(default_factory=dict)
    banks: tuple[BankSpec, ...] = ()
    wishes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = [
            line if line.stock_id else replace(line, stock_id=f"{line.bank_id}-{number:03d}")
            for number, line in enumerate(self.lines, 1)
        ]
        object.__setattr__(self, "lines", tuple(named))
        stated = {bank.bank_id for bank in self.banks}
        used = dict.fromkeys(line.bank_id for line in named)
        added = tuple(BankSpec.named(bank_id) for bank_id in used if bank_id not in stated)
        object.__setattr__(self, "banks", (*self.banks, *added))

    def bank(self, bank_id: str) -> BankSpec:
        """Return a bank."""
        return next(bank for bank in self.banks if bank.bank_id == bank_id)

    def with_wishes(self, **wishes: Any) -> Scene:
        """Return the scene with more wishes."""
        return replace(self, wishes={**self.wishes, **wishes})

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the market's three tables."""
        rows: dict[str, list[tuple[object, ...]]] = {
            "banks": [_bank_row(bank) for bank in self.banks],
            "stock": [_stock_row(line) for line in self.lines],
            "pricing": list(dict.fromkeys(row for line in self.lines for row in _price_rows(line))),
        }
        return {
            schema.name: pd.DataFrame(rows[schema.name], columns=list(schema.names))
            for schema in SCHEMAS
        }

    def market(self) -> Market:
        """Return the market."""
        return load_market(self.frames())

    def requirement(self) -> Requirement:
        """Return what the development owes."""
        find = catalogue().find
        changes = [HabitatChange(find(name), float(u)) for name, u in self.changes.items()]
        return Requirement(
            "4.1",
            0.1,
            {
                ledger: LedgerRequirement(
                    ledger,
                    100.0,
                    float(self.deficits.get(ledger.value, 0.0)),
                    tuple(change for change in changes if change.habitat.ledger is ledger),
                )
                for ledger in Ledger
            },
            project="Made scene",
        )

    def policy(self) -> Policy:
        """Return the buyer's wishes."""
        return Policy(**self.wishes)

    def scenario(self) -> Scenario:
        """Return the whole as the package has it."""
        return Scenario(self.requirement(), self.market(), site(), self.policy())

    def optimise(self) -> Plan:
        """Return the package's plan."""
        return optimise(self.requirement(), self.market(), site(), self.policy())


def site() -> Site:
    """Return the site of every scene, with waters and sea."""
    return Site.from_names(
        "Stratford-on-Avon",
        "Dunsmore and Feldon",
        waterbody=WATER[WITHIN],
        marine_plan_area=SEA[WITHIN],
    )


def bought(plan: Plan) -> dict[str, float]:
    """Return the units bought by stock id."""
    return {line.stock_id: float(line.units) for line in plan.purchases}


def _bank_row(bank: BankSpec) -> tuple[object, ...]:
    lpa, nca = LAND[bank.land]
    waterbody = None if bank.water is None else WATER[bank.water]
    marine = None if bank.sea is None else SEA[bank.sea]
    name = f"Bank {bank.bank_id}"
    where = (bank.lat, bank.lon, None, waterbody, None, marine)
    return (bank.bank_id, name, lpa, nca, *where, f"BGS-{bank.bank_id}", bank.fee)


def _stock_row(line: Line) -> tuple[object, ...]:
    gross = str(line.whole_net + Decimal(str(line.lost_units))) if line.lost else None
    lost = str(line.lost_units) if line.lost else None
    head = (line.stock_id, line.bank_id, line.habitat, str(line.units))
    return (*head, gross, line.lost or None, lost, str(line.quoted))


def _price_rows(line: Line) -> list[tuple[object, ...]]:
    return [
        (line.bank_id, line.habitat, size, "*", str(price), line.basis)
        for size, price in line.prices.items()
    ]


SIZES = ("fractional", "small", "medium", "large")


def draw_scene(rng: random.Random) -> Scene:
    """Return a world small enough to try every purchase: 2 to 4 lines in coarse steps."""
    step = rng.choice((Decimal("0.5"), Decimal("0.5"), Decimal("0.25"), Decimal(1)))
    ledgers = rng.sample((AREA, HEDGEROW, WATERCOURSE), rng.choice((1, 1, 1, 2)))
    changes, deficits = draw_need(rng, ledgers, step, most=3)
    banks = draw_banks(rng, rng.randint(1, 3))
    wanted = rng.randint(2, 4)
    lines = draw_lines(rng, changes, ledgers, banks, wanted, step, most_steps=6)
    return Scene(lines, changes, deficits, banks, draw_wishes(rng, banks, step))


def draw_market_scene(rng: random.Random, n_banks: int) -> Scene:
    """Return a world of the size of a county: some lines a bank, and a need of every kind."""
    step = rng.choice((Decimal("0.01"), Decimal("0.1"), Decimal("0.25")))
    ledgers = (AREA, HEDGEROW, WATERCOURSE)[: rng.randint(1, 3)]
    changes, deficits = draw_need(rng, ledgers, step, most=5)
    banks = draw_banks(rng, n_banks)
    wanted = rng.randint(2, 3) * n_banks
    most_steps = int(Decimal(4) / step)
    lines = draw_lines(rng, changes, ledgers, banks, wanted, step, most_steps=most_steps)
    wishes = draw_wishes(rng, banks, step)
    if "max_banks" in wishes:
        wishes["max_banks"] += 3
    return Scene(lines, changes, deficits, banks, wishes)


def scenes() -> st.SearchStrategy[Scene]:
    """Return random small worlds."""
    return st.randoms(use_true_random=False).map(draw_scene)


def draw_need(
    rng: random.Random, ledgers: list[str] | tuple[str, ...], step: Decimal, most: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Return changes and deficits: losses mostly, some surplus, some net gain on top."""
    changes: dict[str, float] = {}
    deficits: dict[str, float] = {}
    for ledger in ledgers:
        own = {}
        for habitat in rng.sample(POOLS[ledger], rng.randint(1, most)):
            size = float(step) * rng.randint(1, 4) * rng.choice((1.0, 1.0, 0.5, 0.83))
            own[habitat] = round(size if rng.random() < 0.3 else -size, 6)
        changes |= own
        extra = rng.choice((0.0, 0.0, 0.3, 1.0)) * float(step) * 2
        deficits[ledger] = round(max(0.0, extra - sum(own.values())), 6)
        if rng.random() < 0.1:
            deficits[ledger] = float(step) * rng.randint(0, 4)
    return changes, deficits


def draw_banks(rng: random.Random, count: int) -> tuple[BankSpec, ...]:
    """Return banks near and far, some with a fee."""
    near = (WITHIN, WITHIN, BESIDE, FAR)
    return tuple(
        BankSpec(
            f"B{number:02d}",
            rng.choice(near),
            rng.choice(near),
            rng.choice((*near, None)),
            rng.choice(("0", "0", "500", "12000")),
            52.2 + rng.randint(0, 9) / 10,
            -1.5,
        )
        for number in range(1, count + 1)
    )


def draw_lines(
    rng: random.Random,
    changes: Mapping[str, float],
    ledgers: list[str] | tuple[str, ...],
    banks: tuple[BankSpec, ...],
    wanted: int,
    step: Decimal,
    *,
    most_steps: int,
) -> tuple[Line, ...]:
    """Return lines that mostly sell what is lost, or something near it, some with a baseline."""
    lost = [name for name, units in changes.items() if units < 0]
    pool = [name for ledger in ledgers for name in POOLS[ledger]]
    level = {name: rng.randint(10, 50) for name in pool}
    lines: dict[tuple[str, str], Line] = {}
    for _ in range(3 * wanted):
        if len(lines) == wanted:
            break
        habitat = rng.choice(lost) if lost and rng.random() < 0.6 else rng.choice(pool)
        bank_id = rng.choice(banks).bank_id
        units = step * rng.randint(1, most_steps) + rng.choice((Decimal(0), step / 3))
        units = units.quantize(Decimal("0.001"))
        line = Line(
            habitat,
            str(units),
            _draw_price(rng, 1000 * level[habitat]),
            bank_id,
            quoted=str((units / 2).quantize(Decimal("0.001"))) if rng.random() < 0.2 else 0,
            basis=rng.choice(("unit", "unit", "unit", "delivered")),
        )
        if rng.random() < 0.35:
            line = replace(line, **_draw_baseline(rng, habitat, units))
        lines.setdefault((bank_id, habitat), line)
    return tuple(lines.values())


def _draw_price(rng: random.Random, level: int) -> float | dict[str, float]:
    price = level + 500 * rng.randint(0, 20) + rng.choice((0, 0, 0.37))
    if rng.random() < 0.5:
        return price
    factors = zip(SIZES, (1.3, 1.1, 1.0, 0.8), strict=True)
    prices = {size: round(price * factor, 2) for size, factor in factors}
    if rng.random() < 0.1:
        del prices[rng.choice(SIZES)]
    return prices


def _draw_baseline(rng: random.Random, habitat: str, units: Decimal) -> dict[str, str]:
    ledger = next(ledger for ledger, pool in POOLS.items() if habitat in pool)
    share = rng.choice((Decimal("0.25"), Decimal("0.5"), Decimal(1)))
    return {
        "lost": rng.choice(POOLS[ledger]),
        "lost_units": str((units * share).quantize(Decimal("0.0001"))),
        "net": str(units * rng.choice((1, 1, 2))),
    }


def draw_wishes(rng: random.Random, banks: tuple[BankSpec, ...], step: Decimal) -> dict[str, Any]:
    """Return a policy's arguments: each wish now and then."""
    wishes: dict[str, Any] = {"market_step": step}
    if rng.random() < 0.35:
        wishes["mode"] = "like_for_like"
    if rng.random() < 0.3:
        wishes["size_by"] = "bank"
    if rng.random() < 0.3:
        wishes["max_banks"] = rng.randint(1, 2)
    if rng.random() < 0.2:
        wishes["min_units_per_bank"] = step * rng.randint(1, 3)
    if rng.random() < 0.1:
        wishes["must_use"] = frozenset({rng.choice(banks).bank_id})
    elif rng.random() < 0.1:
        wishes["must_not_use"] = frozenset({rng.choice(banks).bank_id})
    if rng.random() < 0.4:
        wishes["quoted"] = rng.choice(("half", "all"))
    return wishes
