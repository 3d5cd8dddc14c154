"""Say why: what each purchase serves, how each need is met, why an offer isn't chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bng_opt.errors import Finding
from bng_opt.metric.requirement import LedgerRequirement, Requirement
from bng_opt.metric.trading import Account, account_of, balances_of, counts_for_trading
from bng_opt.optimiser.offers import Offer, OfferBook
from bng_opt.optimiser.plan import CreditLine, NotChosen, Use
from bng_opt.optimiser.policy import Mode
from bng_opt.quantities import UNIT_TOLERANCE
from bng_opt.reference import Habitat, Ledger

NET_GAIN_RULE = "any habitat of the ledger"
SURPLUS = "on-site surplus"
PURCHASE = "purchase"
CREDITS = "statutory credits"


@dataclass(frozen=True)
class Bought:
    """An offer with the units bought of it [units]."""

    offer: Offer
    units: Decimal


@dataclass
class _Source:
    """Units that may serve a need: a purchase's, or the surplus of an account."""

    name: str
    kind: str
    account: Account | None
    left: float
    multiplier: float = 1.0


def explain_uses(requirement: Requirement, bought: Sequence[Bought], mode: Mode) -> tuple[Use, ...]:
    """Return what serves what, ledger by ledger.

    Every account's loss, with what the purchases themselves take away, is served highest
    band first: by units of its own account, then by surplus of the lowest band that may.
    What is left of the purchases goes to the net gain part.
    """
    uses: list[Use] = []
    for ledger in Ledger:
        inside = [item for item in bought if item.offer.ledger is ledger]
        uses.extend(_uses_of(requirement.ledgers[ledger], inside, mode))
    return tuple(uses)


def _uses_of(position: LedgerRequirement, bought: Sequence[Bought], mode: Mode) -> Iterator[Use]:
    balances = balances_of([*position.project_wide.items(), *_baseline_losses(bought, mode)])
    sources = [_source(item, mode) for item in bought]
    sources += [
        _Source(account.key, SURPLUS, account, units)
        for account, units in balances.items()
        if units > UNIT_TOLERANCE
    ]
    needs = [(a, -u) for a, u in balances.items() if u < -UNIT_TOLERANCE]
    for account, units in sorted(needs, key=lambda need: (-need[0].band.rank, need[0].key)):
        yield from _serve(account, units, sources)
    yield from _serve_net_gain(position, sources)


def _baseline_losses(bought: Sequence[Bought], mode: Mode) -> Iterator[tuple[Habitat, float]]:
    for item in bought:
        line = item.offer.line
        if line.baseline_habitat is not None:
            yield line.baseline_habitat, -float(line.loss_per_unit) * _weight(item, mode)


def _weight(item: Bought, mode: Mode) -> float:
    multiplier = item.offer.risk.multiplier if mode is Mode.LIKE_FOR_LIKE else Decimal(1)
    return float(item.units * multiplier)


def _source(item: Bought, mode: Mode) -> _Source:
    line = item.offer.line
    account = account_of(line.habitat) if counts_for_trading(line.habitat) else None
    gain = float(line.gain_per_unit) * _weight(item, mode)
    delivered = float(item.units * item.offer.risk.multiplier)
    return _Source(line.stock_id, PURCHASE, account, gain, delivered / gain if gain else 0.0)


def _serve(need: Account, units: float, sources: Sequence[_Source]) -> Iterator[Use]:
    def may_serve(source: _Source) -> bool:
        account = source.account
        if account is None or source.left <= UNIT_TOLERANCE:
            return False
        return _same(account, need) or account.may_serve(need)

    def order(source: _Source) -> tuple[bool, bool, int, str]:
        own = source.account is not None and _same(source.account, need)
        band = source.account.band.rank if source.account is not None else 0
        return (not own, source.kind != SURPLUS, band, source.name)

    for source in sorted(filter(may_serve, sources), key=order):
        used = min(units, source.left)
        if used > UNIT_TOLERANCE:
            source.left -= used
            units -= used
            yield Use(source.name, source.kind, need.ledger.value, need.key, used, need.rule_words)


def _same(one: Account, other: Account) -> bool:
    return one.ledger is other.ledger and one.key == other.key


def _serve_net_gain(position: LedgerRequirement, sources: Iterable[_Source]) -> Iterator[Use]:
    """Give what is left of the purchases to the net gain part, counted after the multiplier."""
    for source in sources:
        delivered = source.left * source.multiplier
        if source.kind == PURCHASE and delivered > UNIT_TOLERANCE:
            target = "Net gain" if position.deficit > UNIT_TOLERANCE else "Above the need"
            yield Use(
                source.name, PURCHASE, position.ledger.value, target, delivered, NET_GAIN_RULE
            )


def explain_not_chosen(book: OfferBook, bought: Sequence[Bought]) -> tuple[NotChosen, ...]:
    """Return every line of the market that the plan doesn't buy, with the reason."""
    chosen = {item.offer.line.stock_id: item for item in bought}
    rows = [
        NotChosen(
            item.line.stock_id,
            item.line.bank_id,
            item.line.habitat.name,
            item.line.units,
            None,
            None,
            item.reason,
        )
        for item in book.left_out
    ]
    cheapest = _dearest_chosen(bought)
    for offer in book.offers:
        if offer.line.stock_id not in chosen:
            rows.append(_unchosen(offer, cheapest))
    return tuple(sorted(rows, key=lambda row: row.stock_id))


def _dearest_chosen(bought: Sequence[Bought]) -> dict[str, Decimal]:
    """Return the highest price per delivered unit paid for each habitat [GBP/unit]."""
    highest: dict[str, Decimal] = {}
    for item in bought:
        price = min(item.offer.price_gbp.values()) / item.offer.risk.multiplier
        name = item.offer.line.habitat.name
        highest[name] = max(price, highest.get(name, price))
    return highest


def _unchosen(offer: Offer, paid: dict[str, Decimal]) -> NotChosen:
    line, price = offer.line, min(offer.price_gbp.values())
    per_delivered = price / offer.risk.multiplier
    if line.habitat.name not in paid:
        reason = "the needs it could serve are met more cheaply by other habitats"
    elif per_delivered > paid[line.habitat.name]:
        reason = (
            f"dearer: £{per_delivered:,.0f} per unit after the multiplier, "
            f"the plan pays at most £{paid[line.habitat.name]:,.0f} for this habitat"
        )
    else:
        reason = "not cheaper in the whole plan (bank fees, limits, baseline or market step)"
    return NotChosen(
        line.stock_id, line.bank_id, line.habitat.name, line.units,
        offer.risk.multiplier, price, reason,
    )  # fmt: skip


def unstated_baseline_warning(bought: Iterable[Bought]) -> Finding | None:
    """Return a warning that names purchased lines without a stated baseline."""
    lines = [item.offer.line.stock_id for item in bought if not item.offer.line.states_baseline]
    if not lines:
        return None
    return Finding(
        f"Purchased lines that state no baseline and are taken to lose nothing: "
        f"{', '.join(lines)}.",
        "Ask the banks for gross and baseline units: if they lose Medium habitat, the "
        "metric may refuse the purchase.",
    )


def explain_credit_uses(credits: Iterable[CreditLine]) -> tuple[Use, ...]:
    """Return what statutory credits stand for."""
    return tuple(
        Use(
            line.tier,
            CREDITS,
            line.ledger,
            f"shortfall at tier {line.tier}",
            float(line.units),
            "statutory credits as a last resort",
        )
        for line in credits
    )
