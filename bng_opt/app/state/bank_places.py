"""Where the banks of a plan's market are, and how far in the law's sense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bng_opt.optimiser.plan import BankLine, Plan
from bng_opt.optimiser.scenario import Scenario
from bng_opt.places import Basis, Category, assess
from bng_opt.quantities import pounds, units_text
from bng_opt.reference import Ledger


@dataclass(frozen=True)
class BankPlace:
    """A bank that sells something, or that the plan buys from.

    Attributes
    ----------
    lat, lon
        Its point [degrees], or one inside its LPA and NCA where it states none.
    label
        What the plan buys there, in words.
    is_chosen
        Whether the plan buys there.
    """

    bank_id: str
    name: str
    lat: float
    lon: float
    category: Category
    label: str
    is_chosen: bool


def place_banks(plan: Plan, scenario: Scenario) -> Iterator[BankPlace]:
    """Yield the banks with stock, and those that the plan buys from.

    A bank that isn't chosen has the category of land, or of water where it sells only there.
    """
    chosen = {line.bank_id: line for line in plan.banks}
    ledgers: dict[str, set[Ledger]] = {}
    for stock in scenario.market.stock:
        if stock.units > 0:
            ledgers.setdefault(stock.bank_id, set()).add(stock.habitat.ledger)
    for bank in scenario.market.banks:
        line, sells = chosen.get(bank.bank_id), ledgers.get(bank.bank_id)
        if line is None and sells is None:
            continue
        if line is not None:
            category = Category(line.category)
        else:
            basis = Basis.WATERCOURSE if sells == {Ledger.WATERCOURSE} else Basis.LAND
            category = assess(scenario.site, bank.place, basis).category
        place = bank.place
        if place.lat is not None and place.lon is not None:
            lat, lon, guess = place.lat, place.lon, ""
        else:
            lat, lon = _inside(place.lpa, place.nca)
            guess = "; somewhere in its LPA and NCA"
        label = _label(line) + guess
        yield BankPlace(bank.bank_id, bank.name, lat, lon, category, label, line is not None)


def _label(line: BankLine | None) -> str:
    if line is None:
        return "nothing is bought there"
    return f"{units_text(line.units)} units for {pounds(line.units_gbp + line.fee_gbp)}"


def _inside(lpa: str, nca: str) -> tuple[float, float]:
    """Return a point inside an LPA and NCA, or inside the LPA if they don't meet [degrees]."""
    from bng_opt.places.kinds import Axis
    from bng_opt.places.tables import area_row, overlaps

    row = overlaps().get((lpa, nca)) or area_row(Axis.LPA, lpa)
    return float(row["lat"]), float(row["lon"])
