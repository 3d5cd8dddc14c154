"""Numbers as they are typed after an option: whole ones, factors, shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from bng_opt.errors import Finding, InputError

_LARGEST_FACTOR = 1000


def read_whole(option: str, text: str | None, default: int | None, least: int = 0) -> int | None:
    """Return a whole number, or the default where nothing is typed.

    Raises
    ------
    InputError
        If it is no whole number, or less than the least.

    Examples
    --------
    >>> read_whole("--count", "5", 3), read_whole("--count", None, 3)
    (5, 3)
    """
    if text is None:
        return default
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        remedy = f"Give a whole number from {least} on."
        raise InputError(Finding(f"{option} {text!r} can't be.", remedy))
    return number


def read_jobs(text: str | None) -> int | None:
    """Return the number of processes: 1 or more, or -1 for as many as there are cores.

    Raises
    ------
    InputError
        If it is neither.
    """
    number = read_whole("--jobs", text, None, least=-1)
    if number == 0:
        raise InputError(Finding("--jobs '0' can't be.", "Give 1 or more, or -1 for all cores."))
    return number


def read_factors(option: str, text: str, *, zero: bool = True) -> tuple[Decimal, ...]:
    """Return factors, typed with commas between.

    Parameters
    ----------
    zero
        Whether 0 may be one of them.

    Raises
    ------
    InputError
        With every factor that can't be.

    Examples
    --------
    >>> read_factors("--need", "0.9, 1.1")
    (Decimal('0.9'), Decimal('1.1'))
    """
    words = [word.strip() for word in text.split(",")]
    factors = [_decimal(word) for word in words]
    wrong = [
        word
        for word, factor in zip(words, factors, strict=True)
        if factor is None or not (0 <= factor <= _LARGEST_FACTOR) or (factor == 0 and not zero)
    ]
    if wrong:
        least = "from 0" if zero else "above 0"
        remedy = f"Write numbers {least} to {_LARGEST_FACTOR}, as {option} 0.8,0.9,1.1"
        raise InputError(Finding(f"{option}: {word!r} is no factor.", remedy) for word in wrong)
    return tuple(factor for factor in factors if factor is not None)


def read_bank_factors(words: Sequence[str]) -> Mapping[str, tuple[Decimal, ...]]:
    """Return factors by bank, typed as ``BANK=0,0.5``.

    Raises
    ------
    InputError
        With everything that can't be read.

    Examples
    --------
    >>> read_bank_factors(["B1=0,0.5"])
    {'B1': (Decimal('0'), Decimal('0.5'))}
    """
    problems: list[Finding] = []
    found: dict[str, tuple[Decimal, ...]] = {}
    for word in words:
        bank_id, equals, text = word.rpartition("=")
        if not equals or not bank_id.strip():
            remedy = "Write --bank-stock BANK=0,0.5 with the bank's id."
            problems.append(Finding(f"--bank-stock {word!r} names no bank.", remedy))
            continue
        try:
            own = read_factors(f"--bank-stock {bank_id}=", text)
        except InputError as error:
            problems.extend(error.findings)
        else:
            found[bank_id] = (*found.get(bank_id, ()), *own)
    if problems:
        raise InputError(problems)
    return found


def read_share(option: str, text: str | None) -> float | None:
    """Return a share of 1, typed as such or in per cent.

    Raises
    ------
    InputError
        If it isn't from 0 to below 1.

    Examples
    --------
    >>> read_share("--gap", "0.5%"), read_share("--gap", "0.01")
    (0.005, 0.01)
    """
    if text is None:
        return None
    number = _decimal(text.strip().removesuffix("%"))
    if number is not None and text.strip().endswith("%"):
        number /= 100
    if number is None or not 0 <= number < 1:
        remedy = f"Write a share or per cent, as {option} 0.005 or {option} 0.5%"
        raise InputError(Finding(f"{option} {text!r} is no share.", remedy))
    return float(number)


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
