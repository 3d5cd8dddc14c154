"""Lines of a quote as the command line says them: units by hand, charges, units from outside."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from bng_opt.errors import Finding, InputError
from bng_opt.quantities import to_decimal

if TYPE_CHECKING:
    from bng_opt.quotes.outside import OutsideLine
    from bng_opt.quotes.terms import Charge

OUTSIDE_COLUMNS = ("description", "habitat", "units", "price_gbp", "srm", "supplier")


def read_pairs(option: str, words: Sequence[str] | None) -> dict[str, Decimal]:
    """Return name and number of words such as ``STOCK=1.5``.

    Raises
    ------
    InputError
        With every word that isn't one.

    Examples
    --------
    >>> read_pairs("--add", ["S-1=0.5"])
    {'S-1': Decimal('0.5')}
    """
    pairs: dict[str, Decimal] = {}
    findings: list[Finding] = []
    for word in words or ():
        name, equals, number = word.rpartition("=")
        try:
            if not equals or not name or name in pairs:
                raise ValueError("it names nothing, or the same twice")
            pairs[name] = to_decimal(number)
        except ValueError as error:
            remedy = f"Write {option} NAME=NUMBER, each name once."
            findings.append(Finding(f"{option} {word!r}: {error}.", remedy))
    if findings:
        raise InputError(findings)
    return pairs


def read_charges(words: Sequence[str] | None) -> tuple[Charge, ...]:
    """Return the charges of words such as ``Site visit=250``."""
    from bng_opt.quotes.terms import Charge

    return tuple(Charge(name, pounds) for name, pounds in read_pairs("--charge", words).items())


def read_outside(path: Path | None) -> tuple[OutsideLine, ...]:
    """Read units from outside the market from a CSV file.

    Parameters
    ----------
    path
        A file with the columns :data:`OUTSIDE_COLUMNS`; the last may be blank.

    Raises
    ------
    InputError
        With everything that is wrong, by row.
    """
    if path is None:
        return ()
    from dataclasses import replace

    findings: list[Finding] = []
    lines: list[OutsideLine] = []
    for number, row in enumerate(_rows(path), 2):
        try:
            lines.append(_outside(row))
        except InputError as error:
            findings += [replace(f, file=str(path), row=number) for f in error.findings]
    if findings:
        raise InputError(findings)
    return tuple(lines)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            missing = [n for n in OUTSIDE_COLUMNS[:-1] if n not in (reader.fieldnames or ())]
            if missing:
                raise InputError(
                    Finding(
                        f"The columns {', '.join(missing)} are missing.",
                        f"The columns are {', '.join(OUTSIDE_COLUMNS)}.",
                        file=str(path),
                    )
                )
            return [{name: (row.get(name) or "").strip() for name in OUTSIDE_COLUMNS}
                    for row in reader]  # fmt: skip
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        finding = Finding(f"The file can't be read: {error}.", "Give a UTF-8 CSV.", file=str(path))
        raise InputError(finding) from None


def _outside(row: dict[str, str]) -> OutsideLine:
    from bng_opt.quotes.outside import OutsideLine
    from bng_opt.reference import catalogue

    figures = {}
    findings = []
    for name in ("units", "price_gbp", "srm"):
        try:
            figures[name] = to_decimal(row[name])
        except ValueError as error:
            findings.append(Finding(f"{name}: {error}.", "Give a number.", column=name))
    habitat = None
    try:
        habitat = catalogue().find(row["habitat"])
    except InputError as error:
        findings += error.findings
    if findings or habitat is None:
        raise InputError(findings)
    return OutsideLine(
        description=row["description"], habitat=habitat, supplier=row["supplier"], **figures
    )
