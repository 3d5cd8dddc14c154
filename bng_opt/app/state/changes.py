"""What was changed since a search was asked for, in the page's words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from bng_opt.optimiser.policy import Mode, Policy, Quoted, SizeBy
from bng_opt.optimiser.scenario import Scenario
from bng_opt.quantities import UNIT_TOLERANCE, ZERO, counted, pounds, units_text

if TYPE_CHECKING:
    from bng_opt.market import Market
    from bng_opt.metric.requirement import Requirement
    from bng_opt.places import Site

_MODES = {Mode.STATUTORY: "statutory", Mode.LIKE_FOR_LIKE: "like for like"}
_SIZES = {SizeBy.QUOTE: "by the whole need", SizeBy.BANK: "by bank"}
_QUOTED = {Quoted.IGNORE: "none", Quoted.HALF: "half", Quoted.ALL: "all"}
_SITE_PARTS = {
    "waterbodies": "its waterbodies",
    "operational_catchments": "its operational catchments",
    "marine_plan_areas": "its marine plan areas",
    "extra_neighbours": "what is counted as a neighbour",
    "removed_neighbours": "what is counted as a neighbour",
    "lat": "its point, for distances",
    "lon": "its point, for distances",
    "scheme": "the boundaries it is judged by",
}


def describe_changes(asked: Scenario, now: Scenario, *, is_proven: bool) -> tuple[str, ...]:
    """Return what differs from what was asked, each as a sentence; nothing if nothing does.

    Parameters
    ----------
    asked
        What the search was asked.
    now
        What stands in the steps.
    is_proven
        Whether the answer was proven: another time limit then changes nothing.
    """
    before = asked.question if is_proven else asked.digest
    if before == (now.question if is_proven else now.digest):
        return ()
    found = (
        *_needs(asked.requirement, now.requirement),
        *_sites(asked.site, now.site),
        *_markets(asked.market, now.market),
        *_wishes(asked, now, is_proven),
    )
    return found or ("Something that the search was asked has changed.",)


def _needs(before: Requirement, now: Requirement) -> Iterator[str]:
    for ledger, old in before.ledgers.items():
        new = now.ledgers[ledger]
        name = f"The need in the {ledger.value} ledger"
        if abs(old.need - new.need) > UNIT_TOLERANCE:
            was, is_now = units_text(round(old.need, 4)), units_text(round(new.need, 4))
            yield f"{name}: {was} units then, {is_now} units now."
        elif old.project_wide != new.project_wide or old.deficit != new.deficit:
            yield f"{name}: as many units, of other habitats."


def _sites(before: Site, now: Site) -> Iterator[str]:
    for kind, old, new in (("LPA", before.lpas, now.lpas), ("NCA", before.ncas, now.ncas)):
        if old != new:
            yield f"The site's {kind}: {' and '.join(old)} then, {' and '.join(new)} now."
    parts = dict.fromkeys(
        words for name, words in _SITE_PARTS.items() if getattr(before, name) != getattr(now, name)
    )
    if parts:
        yield f"The site: {', '.join(parts)}."


def _markets(before: Market, now: Market) -> Iterator[str]:
    if before.snapshot == now.snapshot:
        return
    old, new = _on_sale(before), _on_sale(now)
    if old == new:
        yield f"The market: other prices or places, still {old}."
    else:
        yield f"The market: {old} then, {new} now."


def _on_sale(market: Market) -> str:
    units = sum((line.units for line in market.stock), ZERO)
    return f"{counted(len(market.banks))} with {units:,.2f} units"


def _wishes(asked: Scenario, now: Scenario, is_proven: bool) -> Iterator[str]:
    names = {bank.bank_id: bank.name for bank in (*asked.market.banks, *now.market.banks)}
    before, after = _spelt(asked.policy, names), _spelt(now.policy, names)
    for name, old in before.items():
        if old != after[name] and not (is_proven and name == _TIME_LIMIT):
            yield f"{name}: {old} then, {after[name]} now."


_TIME_LIMIT = "Time limit"


def _spelt(policy: Policy, names: dict[str, str]) -> dict[str, str]:
    """Return every wish in words, by what it is called."""

    def banks(ids: frozenset[str]) -> str:
        return ", ".join(sorted(names.get(each, each) for each in ids)) or "none"

    sizes, limit = policy.contract_thresholds, policy.time_limit_s
    return {
        "Trading is tested": _MODES[policy.mode],
        "Limit on banks": "none" if policy.max_banks is None else str(policy.max_banks),
        "Statutory credits as the last resort": "yes" if policy.credits else "no",
        _TIME_LIMIT: "none" if limit is None else f"{limit:g} s",
        "Least purchase from a bank": _units(policy.min_units_per_bank),
        "Banks that must be used": banks(policy.must_use),
        "Banks that must not be used": banks(policy.must_not_use),
        "Units quoted to others that are held back": _QUOTED[policy.quoted],
        "Contract size": _SIZES[policy.size_by],
        "Contract sizes begin at": f"{sizes.small:g}, {sizes.medium:g} and {sizes.large:g} units",
        "Units are sold in steps of": f"{policy.market_step.normalize():f}",
        "Gap of the proof": pounds(policy.gap_gbp),
    }


def _units(units: Decimal) -> str:
    return f"{units_text(units)} units" if units else "none"
