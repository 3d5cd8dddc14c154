"""Find what can't work before solving, and say what would help: everything at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from bng_opt.errors import Finding
from bng_opt.market import Market
from bng_opt.metric.credits import may_take_credits
from bng_opt.metric.requirement import LedgerRequirement, Requirement
from bng_opt.metric.trading import Account, account_of, balances_of, counts_for_trading
from bng_opt.optimiser.linear import LinearModel
from bng_opt.optimiser.model import PurchaseModel
from bng_opt.optimiser.offers import LineLeftOut, Offer, OfferBook
from bng_opt.optimiser.policy import Mode, Policy
from bng_opt.optimiser.solver import Status, relax
from bng_opt.quantities import UNIT_TOLERANCE, counted, units_text
from bng_opt.reference import Ledger, nearest

TRUSTED_SHARE = 1 - 1e-9


@dataclass(frozen=True)
class _Supply:
    """What could serve a need: units, lines and banks [units]."""

    units: float
    banks: frozenset[str]
    unpriced: int

    @property
    def words(self) -> str:
        if not self.banks:
            text = "no bank sells it"
        else:
            count = len(self.banks)
            subject = "1 bank sells it" if count == 1 else f"{count} banks sell it"
            text = f"{subject}, {units_text(round(self.units, 6))} units in all"
        if self.unpriced:
            text += f" ({counted(self.unpriced, 'more line')} without a price here)"
        return text


def presolve(book: OfferBook, requirement: Requirement, policy: Policy) -> list[Finding]:
    """Return everything that makes a purchase impossible, each with what would help.

    Parameters
    ----------
    book
        The offers.
    requirement, policy
        What is owed and what the buyer wishes.
    """
    findings = [*_wishes(book, policy)]
    supplies = _supplies(book, policy)
    for ledger in Ledger:
        position = requirement.ledgers[ledger]
        findings.extend(_ledger_findings(book, position, supplies, policy))
    return findings


def unknown_banks(policy: Policy, market: Market) -> list[Finding]:
    """Return a finding for each bank that a wish names and the market doesn't know."""
    known = [bank.bank_id for bank in market.banks]
    return [
        Finding(
            f'The wish names bank "{bank_id}", which is not on the market.',
            f"Nearest ids: {', '.join(nearest(bank_id, known))}. Spell it as in banks.csv.",
        )
        for bank_id in sorted((policy.must_use | policy.must_not_use).difference(known))
    ]


def _wishes(book: OfferBook, policy: Policy) -> Iterator[Finding]:
    stock: dict[str, int] = {}
    for offer in book.offers:
        stock[offer.bank.bank_id] = stock.get(offer.bank.bank_id, 0) + offer.steps
    for bank_id in sorted(policy.must_use):
        if stock.get(bank_id, 0) * policy.market_step < max(
            policy.min_units_per_bank, policy.market_step
        ):
            yield Finding(
                f'Bank "{bank_id}" is required but has too little to sell here.',
                "Take it out of must_use, or lower min_units_per_bank.",
            )


def _ledger_findings(
    book: OfferBook, position: LedgerRequirement, supplies: _Supplies, policy: Policy
) -> Iterator[Finding]:
    balances = balances_of(position.project_wide.items())
    short = sorted(
        ((a, -u) for a, u in balances.items() if u < -UNIT_TOLERANCE),
        key=lambda item: (-item[0].band.rank, item[0].key),
    )
    deficits = dict(short)
    reserve: dict[Account, float] = {}
    for account, missing in deficits.items():
        supply = _pooled(supplies, [account])
        lacking = supply.units < missing * TRUSTED_SHARE - UNIT_TOLERANCE
        by_credits = policy.credits and may_take_credits(account)
        if lacking and _must_be_same(account) and not by_credits:
            yield _same_habitat_finding(account, missing, supply)
        reserve[account] = max(0.0, missing - supply.units)
    if policy.credits:
        return
    yield from _helped_findings(book, position, supplies, balances, deficits, reserve)
    yield from _headline_finding(book, position, policy)


def _must_be_same(account: Account) -> bool:
    """Return whether nothing but its own type may serve an account."""
    return not any(
        Account(account.ledger, band, "", account.rule).may_serve(account)
        for band in type(account.band)
    )


def _same_habitat_finding(account: Account, missing: float, supply: _Supply) -> Finding:
    lacking = units_text(round(missing - supply.units, 4))
    return Finding(
        f"{units_text(round(missing, 4))} units of {account.key} must be the same habitat: "
        f"{supply.words}; missing {lacking}.",
        "Add banks that sell it, keep more of it on site, or ask the authority for bespoke "
        "compensation."
        if account.band.value == "Very High"
        else "Add banks that sell it, or keep more of it on site; statutory credits "
        "(credits=True) are the last resort.",
    )


def _helped_findings(
    book: OfferBook,
    position: LedgerRequirement,
    supplies: _Supplies,
    balances: Mapping[Account, float],
    deficits: Mapping[Account, float],
    reserve: Mapping[Account, float],
) -> Iterator[Finding]:
    """Compare what own habitat can't serve with all that higher bands could."""
    for band_rank in sorted({a.band.rank for a in deficits}, reverse=True):
        served = [a for a in deficits if a.band.rank == band_rank and not _must_be_same(a)]
        if not served:
            continue
        helpers = [
            account
            for account in _accounts(book, position, balances)
            if any(account.may_serve(each) for each in served)
        ]
        surplus = sum(max(0.0, balances.get(a, 0.0)) for a in helpers)
        supply = _pooled(supplies, helpers)
        owed = sum(deficits.get(a, 0.0) for a in helpers if _must_be_same(a))
        missing = sum(reserve[a] for a in served) - surplus - max(0.0, supply.units - owed)
        if missing > UNIT_TOLERANCE:
            names = ", ".join(sorted(a.key for a in served))
            own = _pooled(supplies, served)
            yield Finding(
                f"{units_text(round(sum(deficits[a] for a in served), 4))} units are owed for "
                f"{names} ({served[0].rule_words}). Of its own kind: {own.words}; of higher "
                f"bands: {supply.words}; missing {units_text(round(missing, 4))}.",
                "Add banks that sell such habitats, or improve the site.",
            )


def _accounts(
    book: OfferBook, position: LedgerRequirement, balances: Mapping[Account, float]
) -> list[Account]:
    accounts = {(a.ledger, a.key): a for a in balances}
    for offer in book.offers:
        account = account_of(offer.line.habitat)
        if account is not None and account.ledger is position.ledger:
            accounts.setdefault((account.ledger, account.key), account)
    return list(accounts.values())


_Supplies = Mapping[tuple[Ledger, str], _Supply]
"""What could serve each account, by ledger and key."""


def _supplies(book: OfferBook, policy: Policy) -> _Supplies:
    units: dict[tuple[Ledger, str], float] = {}
    banks: dict[tuple[Ledger, str], set[str]] = {}
    unpriced: dict[tuple[Ledger, str], int] = {}
    for offer in book.offers:
        if (key := _sold_as(offer)) is not None:
            weight = offer.risk.multiplier if policy.mode is Mode.LIKE_FOR_LIKE else 1
            amount = float(offer.steps * policy.market_step * weight)
            units[key] = units.get(key, 0.0) + amount * float(offer.line.gain_per_unit)
            banks.setdefault(key, set()).add(offer.bank.bank_id)
    for item in book.unpriced:
        if (key := _sold_as(item)) is not None:
            unpriced[key] = unpriced.get(key, 0) + 1
    return {
        key: _Supply(units.get(key, 0.0), frozenset(banks.get(key, ())), unpriced.get(key, 0))
        for key in units.keys() | unpriced.keys()
    }


def _sold_as(offer: Offer | LineLeftOut) -> tuple[Ledger, str] | None:
    """Return the account that a line's habitat serves, None where it serves no rule."""
    account = account_of(offer.line.habitat)
    if account is None or not counts_for_trading(offer.line.habitat):
        return None
    return account.ledger, account.key


def _pooled(supplies: _Supplies, accounts: Iterable[Account]) -> _Supply:
    found = [supplies[a.ledger, a.key] for a in accounts if (a.ledger, a.key) in supplies]
    return _Supply(
        sum(supply.units for supply in found),
        frozenset().union(*(supply.banks for supply in found)),
        sum(supply.unpriced for supply in found),
    )


def _headline_finding(
    book: OfferBook, position: LedgerRequirement, policy: Policy
) -> Iterator[Finding]:
    if position.deficit <= UNIT_TOLERANCE:
        return
    offers = [offer for offer in book.offers if offer.ledger is position.ledger]
    delivered = sum(
        float(offer.steps * policy.market_step * offer.risk.multiplier) for offer in offers
    )
    if delivered < position.deficit * TRUSTED_SHARE - UNIT_TOLERANCE:
        banks = len({offer.bank.bank_id for offer in offers})
        unpriced = sum(item.line.habitat.ledger is position.ledger for item in book.unpriced)
        unknown = f" ({counted(unpriced, 'more line')} without a price here)" if unpriced else ""
        yield Finding(
            f"The {position.ledger} headline deficit is {units_text(round(position.deficit, 4))} "
            f"units; {counted(banks)} can deliver {units_text(round(delivered, 4))} after the "
            f"spatial risk multiplier{unknown}; missing "
            f"{units_text(round(position.deficit - delivered, 4))}.",
            "Add banks, nearer ones first, or improve the site; statutory credits "
            "(credits=True) are the last resort.",
        )


def explain_infeasible(
    model: PurchaseModel, policy: Policy, without_wishes: bool | None
) -> list[Finding]:
    """Return which rules can't be met together, and by how much.

    Every rule of trading and headline may be missed at a price of one a unit; the
    relaxation with the least total missed names them.

    Parameters
    ----------
    without_wishes
        Whether a purchase exists once the bank limit, minima and required banks are
        dropped; None where there are no such wishes.
    """
    if without_wishes:
        return [_wishes_finding(policy)]
    missed = _least_missed(model)
    step = float(policy.market_step)
    findings = [
        Finding(
            f"{name}: {units_text(round(units * step, 4))} units can't be met together with "
            "the other rules.",
            "Add banks for it; watch what the banks' own baselines lose.",
        )
        for name, units in missed
    ]
    return findings or [
        Finding(
            "No purchase in whole market steps meets every rule.",
            "Use a smaller market_step, or add banks.",
        )
    ]


def _wishes_finding(policy: Policy) -> Finding:
    wishes = []
    if policy.max_banks is not None:
        wishes.append(f"at most {counted(policy.max_banks)}")
    if policy.min_units_per_bank > 0:
        wishes.append(f"at least {policy.min_units_per_bank} units a bank")
    if policy.must_use:
        wishes.append(f"required banks {', '.join(sorted(policy.must_use))}")
    return Finding(
        f"No lawful purchase exists under these wishes together: {'; '.join(wishes)}.",
        "Without them one exists: allow more banks, smaller purchases, or fewer required banks.",
    )


def _least_missed(model: PurchaseModel) -> list[tuple[str, float]]:
    """Return the rules of law missed by the relaxation that misses least [market steps]."""
    linear, count = model.linear, model.n_rules
    slack = np.arange(count)
    elastic = LinearModel(
        cost=np.append(np.zeros(linear.n_columns), np.ones(count)),
        lower=np.append(linear.lower, np.zeros(count)),
        upper=np.append(linear.upper, np.full(count, np.inf)),
        integer=np.append(linear.integer, np.zeros(count, dtype=np.bool_)),
        rows=np.append(linear.rows, slack),
        columns=np.append(linear.columns, linear.n_columns + slack),
        values=np.append(linear.values, np.ones(count)),
        row_lower=linear.row_lower,
        link=linear.link,
    )
    answer = relax(elastic)
    if answer.status is not Status.OPTIMAL:
        return []
    missed: dict[str, float] = {}
    for name, units in zip(
        model.row_names, answer.values[linear.n_columns :].tolist(), strict=False
    ):
        # A rule that is tested in two readings has a row for each.
        missed[name] = max(units, missed.get(name, 0.0))
    return [(name, units) for name, units in missed.items() if units > UNIT_TOLERANCE]
