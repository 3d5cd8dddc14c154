"""Two independent answers to "what is the least lawful cost?", to hold the optimiser against.

Written from the rules alone (RULES 2 to 7, DESIGN 2), on the plain values of a
:class:`tests.support.scenarios.Scene`; nothing of the package's trading, model, offers or
places is used, only its copy of the statutory tables.

:func:`brute_force` tries every purchase of a small market and judges each by the formulas of
the workbook's trading summaries. :func:`least_cost` is a linear model of another shape than
the package's: one row for every subset of the Medium groups instead of helper variables.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import files
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from tests.support.scenarios import Line, Scene

Floats = NDArray[np.float64]
Changes = dict[str, Floats]

TOLERANCE = 1e-6
SRM = {"within": Decimal(1), "neighbouring": Decimal("0.75"), "outside": Decimal("0.5")}
HELD = {"ignore": Decimal(0), "half": Decimal("0.5"), "all": Decimal(1)}
SEA_BROAD_HABITATS = {
    "Coastal lagoons",
    "Coastal saltmarsh",
    "Rocky shore",
    "Intertidal sediment",
    "Intertidal hard structures",
}
LEDGERS = ("area", "hedgerow", "watercourse")
MOST_PURCHASES = 200_000
SIZES = ("fractional", "small", "medium", "large")
BEGINS = (Decimal(0), Decimal("0.1"), Decimal("2.5"), Decimal(15))


@dataclass(frozen=True)
class Kind:
    """What the statutory tables say of a habitat."""

    ledger: str
    band: str
    broad: str

    @property
    def group(self) -> str:
        """Return the group of the Medium test; workbook row G113 sums two broad habitats."""
        intertidal = ("Intertidal sediment", "Intertidal hard structures")
        return "Intertidal" if self.broad in intertidal else self.broad


@cache
def kinds() -> Mapping[str, Kind]:
    """Return every habitat of the statutory tables."""
    found = {}
    for table in ("habitats", "hedgerows", "watercourses"):
        path = files("bng_opt").joinpath("reference", f"{table}.csv")
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            kind = Kind(row["ledger"], row["distinctiveness"], row.get("broad_habitat", ""))
            found[row["habitat"]] = kind
    return found


def pos(x: Floats) -> Floats:
    """Return what lies above zero."""
    return np.maximum(x, 0.0)


def neg(x: Floats) -> Floats:
    """Return what lies below zero, as a negative figure."""
    return np.minimum(x, 0.0)


def _add(values: Iterable[Floats]) -> Floats:
    return sum(values, np.zeros(1))


def _of(changes: Changes, ledger: str, *bands: str) -> Changes:
    return {
        name: units
        for name, units in changes.items()
        if kinds()[name].ledger == ledger and kinds()[name].band in bands
    }


def _group_sums(changes: Changes) -> Changes:
    groups: Changes = {}
    for name, units in _of(changes, "area", "Medium").items():
        group = kinds()[name].group
        groups[group] = groups.get(group, np.zeros(1)) + units
    return groups


def area_tests(changes: Changes) -> list[Floats]:
    """Return what must not be negative ('Trading Summary Area Habitats')."""
    very_high = list(_of(changes, "area", "Very High").values())
    high = list(_of(changes, "area", "High").values())
    groups = list(_group_sums(changes).values())
    k12, k40 = _add(map(pos, very_high)), _add(map(pos, high))
    k89 = _add(map(neg, groups))
    k91 = k12 + k40 + k89 + _add(map(pos, groups))
    k125 = _add(_of(changes, "area", "Low").values()) + pos(k91)
    return [*very_high, *high, k12 + k40 + k89, k125]


def hedgerow_tests(changes: Changes) -> list[Floats]:
    """Return what must not be negative ('Trading Summary Hedgerows')."""
    i14 = _add(_of(changes, "hedgerow", "Very High").values())
    high = list(_of(changes, "hedgerow", "High").values())
    i13, i22 = pos(i14), _add(map(neg, high))
    i33 = _add(_of(changes, "hedgerow", "Medium").values()) + _add(map(pos, high)) + pos(i13 + i22)
    i44 = _add(_of(changes, "hedgerow", "Low").values()) + pos(i33)
    i54 = _add(_of(changes, "hedgerow", "Very Low").values()) + pos(i44)
    return [i14, i22 + i13, i33, i44, i54]


def watercourse_tests(changes: Changes) -> list[Floats]:
    """Return what must not be negative ("Trading Summary WaterC's"; bought culvert left out)."""
    above = list(_of(changes, "watercourse", "Very High", "High", "Medium").values())
    i42 = _add(_of(changes, "watercourse", "Low").values()) + _add(map(pos, above))
    return [*above, i42]


def shortfall(ledger: str, changes: Changes) -> Floats:
    """Return the least units, of the best kinds, that would settle a ledger's trading."""

    def band(*names: str) -> list[Floats]:
        return list(_of(changes, ledger, *names).values())

    def missing(values: Iterable[Floats]) -> Floats:
        return -_add(map(neg, values))

    def spare(values: Iterable[Floats]) -> Floats:
        return _add(map(pos, values))

    if ledger == "watercourse":
        above, culvert = band("Very High", "High", "Medium"), _add(band("Low"))
        return missing(above) + pos(-culvert - spare(above))
    if ledger == "area":
        alone, groups = band("Very High", "High"), list(_group_sums(changes).values())
        owed = missing(alone) + pos(missing(groups) - spare(alone))
        left = pos(spare(alone) - missing(groups)) + spare(groups)
        return owed + pos(-_add(band("Low")) - left)
    very_high, high = _add(band("Very High")), band("High")
    owed = pos(-very_high) + pos(missing(high) - pos(very_high))
    left = pos(pos(very_high) - missing(high)) + spare(high)
    for lower in ("Medium", "Low", "Very Low"):
        balance = _add(band(lower)) + left
        owed, left = owed + pos(-balance), pos(balance)
    return owed


def need(scene: Scene) -> float:
    """Return the units to buy at multiplier 1, over the ledgers (RULES 4)."""
    changes = {name: np.array([float(units)]) for name, units in scene.changes.items()}
    return sum(
        max(float(shortfall(ledger, changes)[0]), scene.deficits.get(ledger, 0.0))
        for ledger in LEDGERS
    )


def size_of(units: Decimal) -> str:
    """Return the contract size of so many units (DESIGN 2)."""
    return SIZES[max(n for n, begin in enumerate(BEGINS) if units >= begin)]


def multiplier(scene: Scene, line: Line) -> Decimal:
    """Return the spatial risk multiplier of a line (RULES 5)."""
    bank, kind = scene.bank(line.bank_id), kinds()[line.habitat]
    if kind.ledger == "watercourse":
        return SRM[bank.water or "outside"]
    broad = {kind.broad, kinds()[line.lost].broad if line.lost else ""}
    if broad & SEA_BROAD_HABITATS:
        return SRM[bank.sea or "outside"]
    return SRM[bank.land]


@dataclass(frozen=True)
class _Deal:
    """A line as it can be bought: steps in stock, effects and prices of a unit."""

    line: Line
    steps: int
    srm: float
    gain: float
    loss: float
    prices: Mapping[str, Decimal]


def _readings(scene: Scene) -> tuple[str, ...]:
    """Return how trading is tested: like for like comes on top of the metric's own test."""
    mode = scene.wishes.get("mode", "statutory")
    return ("statutory",) if mode == "statutory" else ("like_for_like", "statutory")


def _deals(scene: Scene, reading: str) -> list[_Deal]:
    step = Decimal(str(scene.wishes.get("market_step", "0.01")))
    held = HELD[scene.wishes.get("quoted", "ignore")]
    deals = []
    for line in scene.lines:
        if line.bank_id in scene.wishes.get("must_not_use", ()):
            continue
        free = Decimal(str(line.units)) - held * Decimal(str(line.quoted))
        srm, net = multiplier(scene, line), line.whole_net
        lost = Decimal(str(line.lost_units)) if line.lost else Decimal(0)
        factor = srm if line.basis == "delivered" else Decimal(1)
        weight = float(srm) if reading == "like_for_like" else 1.0
        prices = {
            size: line.prices.get(size, line.prices.get("*", Decimal("NaN"))) * factor
            for size in SIZES
        }
        deals.append(
            _Deal(
                line,
                int((free / step).to_integral_value(ROUND_FLOOR)),
                float(srm),
                weight * float((net + lost) / net),
                weight * float(lost / net),
                {size: price for size, price in prices.items() if not price.is_nan()},
            )
        )
    return deals


def brute_force(scene: Scene) -> Decimal | None:
    """Return the least cost of a lawful purchase by trying them all; None if there is none.

    Cost is in pounds with every line rounded to the penny, plus the fees of the banks used.
    """
    readings = [_try_all(scene, reading) for reading in _readings(scene)]
    tried = readings[0]
    fine = tried.possible.copy()
    tests = chain.from_iterable(each.trading_tests() for each in readings)
    for test in (*tests, *(-missing for missing in tried.headline.values())):
        fine &= test >= -TOLERANCE
    return Decimal(int(tried.pence[fine].min())) / 100 if fine.any() else None


def fewest_credits(scene: Scene) -> float | None:
    """Return the fewest units that must be left to statutory credits; None if they can't help.

    A Very High loss of area or watercourse is never left to them (RULES 6).
    """
    tried = _try_all(scene, _readings(scene)[0])
    fine, units = tried.possible.copy(), np.zeros(len(tried.possible))
    for name, change in tried.changes.items():
        if kinds()[name].band == "Very High" and kinds()[name].ledger != "hedgerow":
            fine &= change >= -TOLERANCE
    for ledger in LEDGERS:
        missing = tried.headline.get(ledger, np.zeros(1))
        units = units + np.maximum(shortfall(ledger, tried.changes), pos(missing))
    return float(units[fine].min()) if fine.any() else None


@dataclass(frozen=True)
class _Tried:
    """Every purchase: the changes and missing headline units after it, its cost, if possible."""

    changes: Changes
    headline: Changes
    pence: NDArray[np.int64]
    possible: NDArray[np.bool_]

    def trading_tests(self) -> list[Floats]:
        """Return what must not be negative."""
        return [
            *area_tests(self.changes),
            *hedgerow_tests(self.changes),
            *watercourse_tests(self.changes),
        ]


def _try_all(scene: Scene, reading: str) -> _Tried:
    deals = _deals(scene, reading)
    amounts = np.meshgrid(*[np.arange(deal.steps + 1) for deal in deals], indexing="ij")
    bought = np.array([grid.ravel() for grid in amounts])
    if not deals:
        bought = np.zeros((0, 1), dtype=np.int64)
    count = bought.shape[1]
    if count > MOST_PURCHASES:
        raise ValueError(f"{count} purchases are too many to try")
    step = Decimal(str(scene.wishes.get("market_step", "0.01")))
    changes = {name: np.full(count, float(value)) for name, value in scene.changes.items()}
    headline = {name: np.full(count, float(value)) for name, value in scene.deficits.items()}
    for deal, amount in zip(deals, bought * float(step), strict=True):
        name = deal.line.habitat
        kind = kinds()[name]
        if (kind.ledger, kind.band) != ("watercourse", "Low"):
            changes[name] = changes.get(name, np.zeros(count)) + deal.gain * amount
        if deal.line.lost:
            lost = deal.line.lost
            changes[lost] = changes.get(lost, np.zeros(count)) - deal.loss * amount
        headline[kind.ledger] = headline.get(kind.ledger, np.zeros(count)) - deal.srm * amount
    pence, priced = _pence(scene, deals, bought, step)
    return _Tried(changes, headline, pence, priced & _as_wished(scene, deals, bought, step))


def _bank_totals(deals: Sequence[_Deal], bought: NDArray[np.int64]) -> dict[str, Floats]:
    totals: dict[str, Floats] = {}
    for deal, amount in zip(deals, bought, strict=True):
        totals[deal.line.bank_id] = totals.get(deal.line.bank_id, 0) + amount
    return totals


def _pence(
    scene: Scene, deals: Sequence[_Deal], bought: NDArray[np.int64], step: Decimal
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    count = bought.shape[1]
    pence, priced = np.zeros(count, dtype=np.int64), np.ones(count, dtype=np.bool_)
    totals = _bank_totals(deals, bought)
    by_bank = scene.wishes.get("size_by", "quote") == "bank"
    whole = SIZES.index(size_of(round(Decimal(need(scene)), 9)))
    begins = [int((begin / step).to_integral_value(ROUND_CEILING)) for begin in BEGINS]
    for deal, amount in zip(deals, bought, strict=True):
        size = np.full(count, whole)
        if by_bank:
            size = np.searchsorted(begins, totals[deal.line.bank_id], side="right") - 1
        table = np.full((len(SIZES), deal.steps + 1), -1, dtype=np.int64)
        for number, name in enumerate(SIZES):
            if name in deal.prices:
                table[number] = [
                    int((100 * k * step * deal.prices[name]).to_integral_value(ROUND_HALF_UP))
                    for k in range(deal.steps + 1)
                ]
        cost = table[size, amount]
        priced &= (cost >= 0) | (amount == 0)
        pence += np.where(amount > 0, cost, 0)
    for bank_id, total in totals.items():
        pence += np.where(total > 0, int(100 * Decimal(scene.bank(bank_id).fee)), 0)
    return pence, priced


def _as_wished(
    scene: Scene, deals: Sequence[_Deal], bought: NDArray[np.int64], step: Decimal
) -> NDArray[np.bool_]:
    count = bought.shape[1]
    totals = _bank_totals(deals, bought)
    fine = np.ones(count, dtype=np.bool_)
    least = Decimal(str(scene.wishes.get("min_units_per_bank", 0))) / step
    for total in totals.values():
        fine &= (total == 0) | (total >= float(least) - 1e-9)
    for bank_id in scene.wishes.get("must_use", ()):
        fine &= totals.get(bank_id, np.zeros(count)) > 0
    if scene.wishes.get("max_banks") is not None:
        used = sum((total > 0).astype(int) for total in totals.values())
        fine &= used <= scene.wishes["max_banks"]
    return fine


def _subsets(groups: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return chain.from_iterable(combinations(groups, n) for n in range(1, len(groups) + 1))


@dataclass
class _Rows:
    """Rows ``coefficients @ x >= at_least`` over named changes of a ledger."""

    effects: dict[str, Floats]
    start: Mapping[str, float]
    slack: float
    table: list[Floats]
    at_least: list[float]

    def need(self, names: Iterable[str]) -> None:
        """Demand that these changes sum to no less than zero."""
        chosen = set(names)
        width = len(next(iter(self.effects.values()))) if self.effects else 0
        row = sum((self.effects[n] for n in chosen if n in self.effects), np.zeros(width))
        self.table.append(np.asarray(row, dtype=np.float64))
        self.at_least.append(-sum(self.start.get(n, 0.0) for n in chosen) - self.slack)


def least_cost(scene: Scene, time_limit_s: float = 30.0) -> tuple[float, float] | None:
    """Return least cost and proven bound by a linear model of subset rows; None if impossible.

    Raises
    ------
    TimeoutError
        If the proof took too long.
    """
    step = Decimal(str(scene.wishes.get("market_step", "0.01")))
    deals = _deals(scene, _readings(scene)[0])
    by_bank = scene.wishes.get("size_by", "quote") == "bank"
    whole = size_of(round(Decimal(need(scene)), 9))
    columns = [
        (deal, size)
        for deal in deals
        for size in (SIZES if by_bank else (whole,))
        if size in deal.prices and deal.steps > 0
    ]
    slots = sorted({(deal.line.bank_id, size) for deal, size in columns})
    n, m = len(columns), len(slots)
    table, at_least = [], []
    for reading in _readings(scene):
        read = dict(zip(map(id, deals), _deals(scene, reading), strict=True))
        rows = _law(scene, [read[id(deal)] for deal, _ in columns], float(step))
        table += rows[0]
        at_least += rows[1]
    table = [np.append(row, np.zeros(m)) for row in table]
    cost = [float(deal.prices[size] * step) for deal, size in columns]
    cost += [float(scene.bank(bank_id).fee) for bank_id, _ in slots]
    upper = [float(deal.steps) for deal, _ in columns] + [1.0] * m
    for k, slot in enumerate(slots):
        mine = [c for c, (deal, size) in enumerate(columns) if (deal.line.bank_id, size) == slot]
        for rows in _slot_rows(scene, slot[1] if by_bank else None, step, mine, n + k, upper):
            table.append(rows[0])
            at_least.append(rows[1])
    for rows in _wish_rows(scene, slots, n):
        table.append(rows[0])
        at_least.append(rows[1])
    if not n:
        return (0.0, 0.0) if all(low <= 0 for low in at_least) else None
    answer = milp(
        np.array(cost),
        integrality=np.ones(n + m),
        bounds=Bounds(np.zeros(n + m), np.array(upper)),
        constraints=LinearConstraint(np.array(table), np.array(at_least), np.inf),
        options={"time_limit": time_limit_s, "mip_rel_gap": 1e-7},
    )
    if answer.status == 2:
        return None
    if answer.status != 0:
        raise TimeoutError(answer.message)
    return float(answer.fun), float(answer.mip_dual_bound)


def _law(scene: Scene, deals: Sequence[_Deal], step: float) -> tuple[list[Floats], list[float]]:
    """Return the rows of trading and headline over the purchase columns.

    In market steps on both sides: with coefficients of a hundredth HiGHS has called plans
    best that aren't.
    """
    effects: dict[str, Floats] = {}
    for c, deal in enumerate(deals):
        kind = kinds()[deal.line.habitat]
        if (kind.ledger, kind.band) != ("watercourse", "Low"):
            effects.setdefault(deal.line.habitat, np.zeros(len(deals)))[c] += deal.gain
        if deal.line.lost:
            effects.setdefault(deal.line.lost, np.zeros(len(deals)))[c] -= deal.loss
    start = {name: float(units) / step for name, units in scene.changes.items()}
    rows = _Rows(effects or {"": np.zeros(len(deals))}, start, 1e-7 / step, [], [])
    names = set(effects) | set(scene.changes)
    _area_rows(rows, [name for name in names if kinds()[name].ledger == "area"])
    _hedgerow_rows(rows, [name for name in names if kinds()[name].ledger == "hedgerow"])
    _watercourse_rows(rows, [name for name in names if kinds()[name].ledger == "watercourse"])
    for ledger, deficit in scene.deficits.items():
        delivered = [
            deal.srm if kinds()[deal.line.habitat].ledger == ledger else 0.0 for deal in deals
        ]
        rows.table.append(np.array(delivered))
        rows.at_least.append((float(deficit) - 1e-7) / step)
    return rows.table, rows.at_least


def _in_band(names: Iterable[str], *bands: str) -> list[str]:
    return [name for name in names if kinds()[name].band in bands]


def _area_rows(rows: _Rows, names: list[str]) -> None:
    top = _in_band(names, "Very High", "High")
    for name in top:
        rows.need([name])
    groups: dict[str, list[str]] = {}
    for name in _in_band(names, "Medium"):
        groups.setdefault(kinds()[name].group, []).append(name)
    for subset in _subsets(sorted(groups)):
        rows.need([*top, *(name for group in subset for name in groups[group])])
    rows.need(names)


def _hedgerow_rows(rows: _Rows, names: list[str]) -> None:
    very_high, high = _in_band(names, "Very High"), _in_band(names, "High")
    rows.need(very_high)
    for subset in _subsets(sorted(high)):
        rows.need([*very_high, *subset])
    bands = ["Very High", "High"]
    for band in ("Medium", "Low", "Very Low"):
        bands.append(band)
        rows.need(_in_band(names, *bands))


def _watercourse_rows(rows: _Rows, names: list[str]) -> None:
    for name in _in_band(names, "Very High", "High", "Medium"):
        rows.need([name])
    rows.need(names)


def _slot_rows(
    scene: Scene, size: str | None, step: Decimal, mine: list[int], use: int, upper: list[float]
) -> Iterable[tuple[Floats, float]]:
    """Yield a bank's rows: nothing sold unless used, and the range of its total."""
    least = (Decimal(str(scene.wishes.get("min_units_per_bank", 0))) / step).to_integral_value(
        ROUND_CEILING
    )
    low, high = max(1, int(least)), int(sum(upper[c] for c in mine))
    if size is not None:
        begins = [int((begin / step).to_integral_value(ROUND_CEILING)) for begin in BEGINS]
        number = SIZES.index(size)
        low = max(low, begins[number])
        high = min(high, begins[number + 1] - 1) if number + 1 < len(SIZES) else high
    total = np.zeros(len(upper))
    total[mine] = 1.0
    lowest, highest = total.copy(), -total
    lowest[use], highest[use] = -float(low), float(high)
    yield lowest, 0.0
    yield highest, 0.0


def _wish_rows(
    scene: Scene, slots: Sequence[tuple[str, str]], n: int
) -> Iterable[tuple[Floats, float]]:
    """Yield the rows of one size a bank, the bank limit and the required banks."""
    width = n + len(slots)

    def pick(bank_id: str | None, value: float) -> Floats:
        row = np.zeros(width)
        chosen = [n + k for k, slot in enumerate(slots) if bank_id in (None, slot[0])]
        row[chosen] = value
        return row

    for bank_id in {slot[0] for slot in slots}:
        yield pick(bank_id, -1.0), -1.0
    if scene.wishes.get("max_banks") is not None:
        yield pick(None, -1.0), -float(scene.wishes["max_banks"])
    for bank_id in scene.wishes.get("must_use", ()):
        yield pick(bank_id, 1.0), 1.0
