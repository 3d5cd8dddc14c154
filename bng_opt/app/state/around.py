"""What a job found around a plan: other purchases, prices, and what simpler means cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bng_opt.app.state.plain_words import in_plain_words
from bng_opt.errors import Finding
from bng_opt.quantities import pounds, to_decimal

if TYPE_CHECKING:
    from bng_opt.market import Market

_OTHERS = ("only_local", "without_a_bank", "next_best")
"""The questions about other purchases, beside that of the number of banks."""


@dataclass(frozen=True)
class OtherPurchase:
    """The cheapest lawful purchase of another kind.

    Attributes
    ----------
    label
        Its kind, such as ``"At most two banks"``.
    total_gbp
        Its whole cost [GBP]; None where there is none.
    verdict
        Whether it is proven, or why there is none in a word.
    n_banks
        How many banks it buys from.
    instead
        Which banks come and go beside the plan, in words.
    why
        Why there is none; empty where there is one.
    """

    label: str
    total_gbp: Decimal | None
    verdict: str
    n_banks: int
    instead: str
    why: str


@dataclass(frozen=True)
class NeedPrice:
    """What one more unit of a need costs, in words."""

    need: str
    words: str


@dataclass(frozen=True)
class EntryPrice:
    """The price at which a line that isn't bought would be.

    Attributes
    ----------
    price_gbp
        Its price now [GBP/unit].
    threshold_gbp
        Below this it would be bought [GBP/unit]; None if at no price.
    fee_gbp
        The bank's fee that the purchase would add [GBP].
    note
        Why at no price, or what else stands in its way.
    """

    stock_id: str
    bank_id: str
    bank: str
    habitat: str
    price_gbp: Decimal
    threshold_gbp: Decimal | None
    fee_gbp: Decimal
    note: str


@dataclass(frozen=True)
class SimplerMeans:
    """What a simpler means costs.

    Attributes
    ----------
    kind
        Its name, as :class:`bng_opt.optimiser.baselines.Kind` has it.
    total_gbp
        Its whole cost [GBP]; None where it isn't to be had.
    reason
        Why it isn't, or what the figure leaves out.
    """

    kind: str
    total_gbp: Decimal | None
    reason: str


@dataclass(frozen=True)
class Around:
    """All that was found around a plan.

    Attributes
    ----------
    total_gbp
        What the plan costs around which it was looked [GBP].
    by_count, others
        The cheapest with at most 1, 2, 3, … banks, and other purchases.
    needs, binding, entries
        What one more unit costs, what binds, and the price at which others would come in;
        empty if that wasn't asked.
    means
        What simpler means cost; empty if that wasn't asked.
    text
        All of it for reading.
    """

    total_gbp: Decimal
    by_count: tuple[OtherPurchase, ...]
    others: tuple[OtherPurchase, ...]
    needs: tuple[NeedPrice, ...]
    binding: tuple[str, ...]
    entries: tuple[EntryPrice, ...]
    means: tuple[SimplerMeans, ...]
    text: str


def read_around(document: Mapping[str, Any], market: Market) -> Around:
    """Return what the document of a job on alternatives, or of a report, says.

    Parameters
    ----------
    market
        Knows the banks' names.
    """
    names = {bank.bank_id: bank.name for bank in market.banks}
    holders = {**names, **{line.stock_id: names[line.bank_id] for line in market.stock}}
    own = [each["bank_id"] for each in document["plan"]["banks"]]
    found = document["alternatives"]
    margins = document.get("margins", {})
    texts = [text for name, text in document["texts"].items() if name != "plan"]
    return Around(
        total_gbp=to_decimal(document["plan"]["cost"]["total_gbp"]),
        by_count=tuple(_other(each, own, names, market) for each in found["by_bank_count"]),
        others=tuple(
            _other(each, own, names, market, number)
            for name in _OTHERS
            for number, each in enumerate(found[name], 1)
        ),
        needs=tuple(
            NeedPrice(f"{each['ledger'].capitalize()}: {each['target']}", each["words"])
            for each in margins.get("needs", ())
        ),
        binding=tuple(_named(each["words"], holders) for each in margins.get("binding", ())),
        entries=tuple(_entries(margins, names)),
        means=tuple(
            SimplerMeans(each["baseline"], _money(each["total_gbp"]), each["reason"])
            for each in document.get("baselines", {}).get("baselines", ())
        ),
        text="\n\n".join(texts) + "\n",
    )


def _other(
    each: Mapping[str, Any],
    own: Sequence[str],
    names: Mapping[str, str],
    market: Market,
    number: int = 1,
) -> OtherPurchase:
    total = _money(each["total_gbp"])
    reasons = in_plain_words(
        [Finding(one["message"], one["remedy"]) for one in each["findings"]], market
    )
    return OtherPurchase(
        label=_label(each["label"], names, number),
        total_gbp=total,
        verdict=each["verdict"],
        n_banks=len(each["banks"]),
        instead="" if total is None else _instead(each["banks"], own, names),
        why=" ".join(one.message for one in reasons),
    )


def _label(label: str, names: Mapping[str, str], number: int) -> str:
    """Return what an alternative is called: its number in place of a list of ids."""
    begin, _, bank_id = label.partition("Without ")
    if not begin and bank_id in names:
        return f"Without {names[bank_id]}"
    kind, colon, _ = label.partition(":")
    return f"{kind} {number}" if colon else label


def _instead(banks: Sequence[str], own: Sequence[str], names: Mapping[str, str]) -> str:
    new = [names.get(each, each) for each in banks if each not in own]
    gone = [names.get(each, each) for each in own if each not in banks]
    parts = [
        f"{words} {', '.join(some)}" for words, some in (("with", new), ("without", gone)) if some
    ]
    return "; ".join(parts) or "the same banks"


def _named(words: str, holders: Mapping[str, str]) -> str:
    """Return a sentence about a stock line or a bank with the bank's name for the id."""
    first, blank, rest = words.partition(" ")
    return f"{holders.get(first, first)}{blank}{rest}"


def _entries(margins: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[EntryPrice]:
    for each in margins.get("thresholds", ()):
        yield EntryPrice(
            stock_id=each["stock_id"],
            bank_id=each["bank_id"],
            bank=names.get(each["bank_id"], each["bank_id"]),
            habitat=each["habitat"],
            price_gbp=to_decimal(each["price_gbp"]),
            threshold_gbp=_money(each["threshold_gbp"]),
            fee_gbp=to_decimal(each["fee_gbp"]),
            note=each["note"],
        )


def entry_words(entry: EntryPrice) -> str:
    """Return at which price a line would be bought, in a sentence."""
    if entry.threshold_gbp is None:
        return f"At no price: {entry.note}."
    fee = f", its bank's fee of {pounds(entry.fee_gbp)} considered" if entry.fee_gbp else ""
    note = f" ({entry.note})" if entry.note else ""
    return f"Bought below {pounds(entry.threshold_gbp)} a unit{fee}{note}."


def _money(amount: float | None) -> Decimal | None:
    return None if amount is None else to_decimal(amount)
