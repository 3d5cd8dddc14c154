"""The buyer's wishes as they are typed, and the policy that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import StrEnum
from functools import partial
from math import isfinite
from typing import Any

from bng_opt.errors import Finding, InputError
from bng_opt.market import ContractThresholds
from bng_opt.optimiser.policy import FINEST_STEP, Mode, Policy, Quoted, SizeBy
from bng_opt.quantities import ZERO, to_decimal

_MOST_BANKS = 1_000_000
_LONGEST_S = 7 * 24 * 3600
"""No search that anybody waits for takes longer than a week [s]."""
_CHOICES: Mapping[str, type[StrEnum]] = {"mode": Mode, "size_by": SizeBy, "quoted": Quoted}
_LARGEST = Decimal(10) ** 9
"""No units or pounds of a wish come near."""


@dataclass(frozen=True)
class Wishes:
    """What was entered, as it was entered; blank text for no limit.

    Attributes
    ----------
    anew
        Whether to search even where the answer is known from an earlier search.

    The others are those of :class:`bng_opt.Policy`, the contract thresholds one by one.
    """

    mode: str = Mode.STATUTORY.value
    size_by: str = SizeBy.QUOTE.value
    max_banks: str = ""
    min_units_per_bank: str = ""
    must_use: tuple[str, ...] = ()
    must_not_use: tuple[str, ...] = ()
    quoted: str = Quoted.IGNORE.value
    credits: bool = False
    time_limit_s: str = ""
    market_step: str = "0.01"
    small: str = "0.1"
    medium: str = "2.5"
    large: str = "15"
    gap_gbp: str = "1"
    anew: bool = False

    def changed(self, **wishes: Any) -> Wishes:
        """Return them with some changed."""
        return replace(self, **wishes)

    def as_dict(self) -> dict[str, Any]:
        """Return them as plain values (JSON)."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(self).items()
        }


def wishes_from_dict(mapping: Mapping[str, Any]) -> Wishes:
    """Return the wishes that plain values stand for.

    Raises
    ------
    InputError
        If one is unknown or of the wrong kind.
    """
    known = {field.name: type(getattr(Wishes(), field.name)) for field in fields(Wishes)}
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in mapping.items()
    }
    wrong = [name for name, value in given.items() if not isinstance(value, known.get(name, ()))]
    wrong += [
        name
        for name, choices in _CHOICES.items()
        if name in given and given[name] not in [each.value for each in choices]
    ]
    if wrong:
        message = f"The wishes kept with the page can't be read: {', '.join(sorted(set(wrong)))}."
        raise InputError(Finding(message, "Enter the wishes again."))
    return Wishes(**given)


def wishes_of(policy: Policy, *, anew: bool = False) -> Wishes:
    """Return a policy as it would be typed."""
    thresholds = policy.contract_thresholds
    least = policy.min_units_per_bank
    limit = policy.time_limit_s
    return Wishes(
        mode=policy.mode.value,
        size_by=policy.size_by.value,
        max_banks="" if policy.max_banks is None else str(policy.max_banks),
        min_units_per_bank="" if least == ZERO else _spelt(least),
        must_use=tuple(sorted(policy.must_use)),
        must_not_use=tuple(sorted(policy.must_not_use)),
        quoted=policy.quoted.value,
        credits=policy.credits,
        time_limit_s="" if limit is None else _spelt(to_decimal(limit)),
        market_step=_spelt(policy.market_step),
        small=_spelt(to_decimal(thresholds.small)),
        medium=_spelt(to_decimal(thresholds.medium)),
        large=_spelt(to_decimal(thresholds.large)),
        gap_gbp=_spelt(policy.gap_gbp),
        anew=anew,
    )


def policy_of(wishes: Wishes) -> Policy:
    """Return the policy that wishes make.

    Raises
    ------
    InputError
        With every wish that can't be, in the page's words.

    Examples
    --------
    >>> policy_of(Wishes(max_banks="3", min_units_per_bank="0.5")).max_banks
    3
    """
    reading = _Reading()
    values = {
        "mode": Mode(wishes.mode),
        "size_by": SizeBy(wishes.size_by),
        "max_banks": reading.take(_max_banks, wishes.max_banks),
        "min_units_per_bank": reading.take(_least, wishes.min_units_per_bank),
        "must_use": frozenset(wishes.must_use),
        "must_not_use": frozenset(wishes.must_not_use),
        "quoted": Quoted(wishes.quoted),
        "credits": wishes.credits,
        "time_limit_s": reading.take(_time_limit, wishes.time_limit_s),
        "market_step": reading.take(_step, wishes.market_step),
        "contract_thresholds": reading.take(
            _thresholds, (wishes.small, wishes.medium, wishes.large)
        ),
        "gap_gbp": reading.take(_gap, wishes.gap_gbp),
    }
    reading.findings += _contradictions(wishes, values["max_banks"])
    if reading.findings:
        raise InputError(reading.findings)
    return Policy(**values)


class _Reading:
    """Reads one text after the other, and gathers what is wrong in any."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def take(self, read: Callable[[Any], Any], text: object) -> Any:
        try:
            return read(text)
        except InputError as error:
            self.findings += error.findings
            return None


def _contradictions(wishes: Wishes, max_banks: int | None) -> list[Finding]:
    found = [
        Finding(
            f"Bank {bank_id} both must and must not be used.", "Take it out of one of the lists."
        )
        for bank_id in sorted({*wishes.must_use} & {*wishes.must_not_use})
    ]
    if max_banks is not None and len(set(wishes.must_use)) > max_banks:
        message = f"{len(set(wishes.must_use))} banks must be used, but at most {max_banks} may be."
        found.append(Finding(message, "Allow more banks, or require fewer."))
    return found


def _number(text: str, what: str, remedy: str) -> Decimal:
    """Return a number as people write it: with £ and commas if they like."""
    try:
        return to_decimal(text.strip().removeprefix("£").replace(",", ""))
    except ValueError:
        raise InputError(Finding(f'{what} "{text.strip()}" is no number.', remedy)) from None


def _max_banks(text: str) -> int | None:
    if not text.strip():
        return None
    what, remedy = "The limit on banks", "Give a whole number from 1 on, or leave it blank."
    number = _number(text, what, remedy)
    if number != number.to_integral_value() or not 1 <= number <= _MOST_BANKS:
        raise InputError(Finding(f"{what} can't be {text.strip()}.", remedy))
    return int(number)


def _least(text: str) -> Decimal:
    if not text.strip():
        return ZERO
    what, remedy = "The least purchase from a bank", "Give units, 0 or more, or leave it blank."
    return _within(_number(text, what, remedy), ZERO, what, remedy)


def _time_limit(text: str) -> float | None:
    if not text.strip():
        return None
    what, remedy = "The time limit", "Give seconds above 0, or leave it blank for none."
    seconds = float(_number(text, what, remedy))
    if not isfinite(seconds) or not 0 < seconds <= _LONGEST_S:
        raise InputError(Finding(f"{what} can't be {text.strip()} seconds.", remedy))
    return seconds


def _step(text: str) -> Decimal:
    what, remedy = "The step in which units are sold", f"Give units, {FINEST_STEP:f} or more."
    return _within(_number(text, what, remedy), FINEST_STEP, what, remedy)


def _gap(text: str) -> Decimal:
    what, remedy = "The gap of the proof", "Give pounds, 0 or more."
    return _within(_number(text, what, remedy), ZERO, what, remedy)


def _thresholds(texts: tuple[str, str, str]) -> ContractThresholds:
    remedy = "Give units above 0 that rise from small to large."
    names = ("small", "medium", "large")
    reading = _Reading()
    sizes = [
        reading.take(partial(_number, what=f"The {name} contract's beginning", remedy=remedy), text)
        for name, text in zip(names, texts, strict=True)
    ]
    if reading.findings:
        raise InputError(reading.findings)
    if sizes[-1] > _LARGEST:
        raise InputError(Finding("The contract sizes begin too far up.", remedy))
    try:
        return ContractThresholds(*sizes)
    except ValueError:
        message = f"Contract sizes can't begin at {', '.join(text.strip() for text in texts)}."
        raise InputError(Finding(message, remedy)) from None


def _within(number: Decimal, least: Decimal, what: str, remedy: str) -> Decimal:
    if not least <= number <= _LARGEST:
        raise InputError(Finding(f"{what} can't be {number:,f}.", remedy))
    return number


def _spelt(number: Decimal) -> str:
    """Return a decimal without trailing zeros or powers of ten."""
    return f"{number.normalize():f}"
