"""A plan's purchases as works on the ground, ready to be written into the official workbook.

A stock line that states its parcel is written as a share of it. One that doesn't is written by a
stand-in that gives the same units, and that is said: the bank's own figures have to take its
place before the workbook is handed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from bng_opt.errors import Finding, InputError
from bng_opt.market import Market
from bng_opt.market.parcels import Parcel
from bng_opt.market.records import Bank, StockLine
from bng_opt.metric.units import Baseline, Creation, HabitatState, units_of
from bng_opt.metric.units.rows import CULVERT
from bng_opt.metric.write_back import Works
from bng_opt.optimiser.plan import Plan, PurchaseLine
from bng_opt.reference import Habitat, Ledger
from bng_opt.reference.conditions import Condition, possible_conditions

NO_ENCROACHMENT = "No Encroachment"
NO_RIPARIAN = "No Encroachment/No Encroachment"
_OTHER_MARKET = "Give the market that the plan was made from."
_STATE_PARCEL = "Have the bank state its parcel: works, size, habitat and condition."


@dataclass(frozen=True)
class PlanWorks:
    """What a plan buys, on the ground.

    Attributes
    ----------
    works
        One a purchase, in the plan's order.
    findings
        What stands in for figures that nobody stated, line by line.
    """

    works: tuple[Works, ...]
    findings: tuple[Finding, ...] = ()


def works_of_plan(plan: Plan, market: Market) -> PlanWorks:
    """Return a plan's purchases as works.

    Parameters
    ----------
    plan
        What is bought.
    market
        The market that the plan was made from: its parcels and its banks' register references.

    Raises
    ------
    InputError
        With every purchase that isn't of this market, or that the metric can't express.
    """
    lines = {line.stock_id: line for line in market.stock}
    banks = {bank.bank_id: bank for bank in market.banks}
    works: list[Works] = []
    wrong: list[Finding] = []
    notes: list[Finding] = []
    sites = _Sites(banks)
    for bought in plan.purchases:
        line = lines.get(bought.stock_id)
        if line is None or line.bank_id not in banks or line.habitat.name != bought.habitat:
            message = f'The market has no stock line "{bought.stock_id}" of {bought.habitat}.'
            wrong.append(Finding(message, _OTHER_MARKET))
            continue
        try:
            made, said = _on_the_ground(bought, line, market.parcel_of(line.stock_id))
        except InputError as error:
            wrong += error.findings
            continue
        notes += said
        reference = sites.reference(line.bank_id, bought.category)
        works += [replace(each, site=reference, risk=bought.category) for each in made]
    if wrong:
        raise InputError(wrong)
    return PlanWorks(tuple(works), (*notes, *sites.findings()))


class _Sites:
    """The off-site reference of each gain site: one for each spatial risk category."""

    def __init__(self, banks: dict[str, Bank]) -> None:
        self._banks = banks
        self._known: dict[str, dict[str, str]] = {}

    def reference(self, bank_id: str, category: str) -> str:
        own = self._known.setdefault(bank_id, {})
        if category not in own:
            name = self._banks[bank_id].bgs_reference or bank_id
            own[category] = f"{name} ({category})" if own else name
        return own[category]

    def findings(self) -> Iterator[Finding]:
        for bank_id, own in self._known.items():
            bank = self._banks[bank_id]
            if not bank.bgs_reference:
                message = f'"{bank.name}" states no register reference: "{bank_id}" stands for it.'
                yield Finding(message, "Put in the gain site's reference of the register.")
            if len(own) > 1:
                message = (
                    f'"{bank.name}" counts as {" and ".join(own)} in different ledgers: the metric '
                    "wants a reference for each."
                )
                yield Finding(message, f"They are {', '.join(own.values())}.")


def _on_the_ground(
    bought: PurchaseLine, line: StockLine, parcel: Parcel | None
) -> tuple[list[Works], list[Finding]]:
    if parcel is not None:
        # As the search counts it: gross rounded down and baseline up, so that a share is never
        # worth less than was bought.
        part = float(Fraction(bought.units) / Fraction(parcel.gross_units - parcel.baseline_units))
        lost, outcome = parcel.share(part)
        baseline = lost if isinstance(outcome, Creation) else None
        return [Works(line.stock_id, "", "", outcome, baseline)], []
    units = Fraction(bought.units)
    gain = float(units * line.gain_per_unit)
    loss = float(units * line.loss_per_unit)
    creation = _stand_in(line, gain)
    baseline = None
    said = f"created in {creation.state.condition.value} condition"
    if line.baseline_habitat is not None and loss > 0:
        baseline = _lost(line.baseline_habitat, loss, creation.size)
        said += f" where {line.baseline_habitat} in {baseline.state.condition.value} condition was"
    elif not line.states_baseline:
        said += ", and nothing is said of what is lost there"
    message = f'Line "{line.stock_id}" states no parcel: it is written as {line.habitat} {said}.'
    finding = Finding(message, _STATE_PARCEL)
    return [Works(line.stock_id, "", "", creation, baseline)], [finding]


def _stand_in(line: StockLine, units: float) -> Creation:
    """Return a creation of so many units: in the lowest condition that can be created."""
    for state in _states(line.habitat):
        one = Creation(1.0, state)
        if one.problems():
            continue
        each = float(units_of([one])[0])
        if each > 0:
            return Creation(units / each, state)
    message = f'Line "{line.stock_id}": {line.habitat} can\'t be created by the metric.'
    raise InputError(Finding(message, _STATE_PARCEL))


def _lost(habitat: Habitat, units: float, most: float) -> Baseline:
    """Return a baseline of so many units, on no more land than is created where that can be."""
    found: Baseline | None = None
    for state in _states(habitat):
        each = float(units_of([Baseline(1.0, state)])[0])
        if each > 0:
            found = Baseline(units / each, state)
            if found.size <= most:
                return found
    if found is None:
        message = (
            f"{habitat} is worth nothing in any condition, so {units:.4f} units can't be lost."
        )
        raise InputError(Finding(message, _STATE_PARCEL))
    return found


def _states(habitat: Habitat) -> Iterator[HabitatState]:
    """Yield a habitat in each condition that it can have, the lowest first."""
    encroachment = riparian = ""
    if habitat.ledger is Ledger.WATERCOURSE:
        is_culvert = habitat.name == "Culvert"
        encroachment = CULVERT if is_culvert else NO_ENCROACHMENT
        riparian = CULVERT if is_culvert else NO_RIPARIAN
    scores = possible_conditions(habitat)

    def score(condition: Condition) -> float:
        return scores[condition]

    for condition in sorted(scores, key=score):
        yield HabitatState(habitat, condition, encroachment=encroachment, riparian=riparian)
