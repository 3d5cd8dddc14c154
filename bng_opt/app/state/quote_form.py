"""What is typed of a quote, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from bng_opt.errors import Finding, InputError
from bng_opt.places import Category, multiplier
from bng_opt.quotes import Charge, OutsideLine, QuoteView, Terms

PRICING = ("introducer", "surplus_offset", "charges", "outside")
"""The parts of the form that decide what a quote comes to."""


@dataclass(frozen=True)
class Client:
    """Who buys, as typed."""

    name: str = ""
    company: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""


@dataclass(frozen=True)
class ChargeRow:
    """A charge by hand, as typed."""

    description: str = ""
    amount: str = ""

    @property
    def is_blank(self) -> bool:
        """Return whether nothing was typed."""
        return not (self.description.strip() or self.amount.strip())


@dataclass(frozen=True)
class OutsideRow:
    """Units from outside the market, as typed."""

    description: str = ""
    habitat: str = ""
    units: str = ""
    price: str = ""
    category: str = Category.WITHIN.value
    supplier: str = ""

    @property
    def is_blank(self) -> bool:
        """Return whether nothing was typed."""
        return not (self.description.strip() or self.habitat.strip() or self.units.strip())


@dataclass(frozen=True)
class Form:
    """Everything that was typed of a quote."""

    client: Client = Client()
    project: str = ""
    introducer: str = ""
    surplus_offset: bool = False
    charges: tuple[ChargeRow, ...] = (ChargeRow(),)
    outside: tuple[OutsideRow, ...] = (OutsideRow(),)


def form_of(view: QuoteView, terms: Terms) -> Form:
    """Return the form that a quote was made with."""
    party = view.customer
    return Form(
        Client(party.name, party.company, party.email, party.phone, party.address),
        view.project,
        view.introducer,
        terms.surplus_offset,
        (*(ChargeRow(each.description, str(each.amount_gbp)) for each in terms.charges),)
        or (ChargeRow(),),
        (*map(_outside_row, terms.outside),) or (OutsideRow(),),
    )


def form_from_dict(given: Mapping[str, Any]) -> Form:
    """Return the form whose fields are plain values."""
    return Form(
        Client(**given["client"]),
        given["project"],
        given["introducer"],
        given["surplus_offset"],
        tuple(ChargeRow(**each) for each in given["charges"]),
        tuple(OutsideRow(**each) for each in given["outside"]),
    )


def lines_of(form: Form) -> tuple[list[Charge], list[OutsideLine]]:
    """Return the charges and the outside lines of a form.

    Raises
    ------
    InputError
        With every reason why they can't be.
    """
    findings: list[Finding] = []
    charges, outside = [], []
    for charge in form.charges:
        if charge.is_blank:
            continue
        try:
            amount = _decimal(f"The amount of {charge.description!r}", charge.amount)
            charges.append(Charge(charge.description.strip(), amount))
        except InputError as error:
            findings += error.findings
    for line in form.outside:
        if line.is_blank:
            continue
        try:
            outside.append(
                OutsideLine.of(
                    line.description.strip(),
                    line.habitat.strip(),
                    _decimal(f"The units of {line.description!r}", line.units),
                    _decimal(f"The price of {line.description!r}", line.price),
                    Category(line.category),
                    line.supplier.strip(),
                )
            )
        except InputError as error:
            findings += error.findings
    if findings:
        raise InputError(findings)
    return charges, outside


def _outside_row(line: OutsideLine) -> OutsideRow:
    category = next(each for each in Category if multiplier(each) == line.srm)
    return OutsideRow(
        line.description, line.habitat.name, str(line.units), str(line.price_gbp),
        category.value, line.supplier,
    )  # fmt: skip


def _decimal(name: str, text: str) -> Decimal:
    try:
        return Decimal(text.strip().replace(",", "").removeprefix("£"))
    except InvalidOperation:
        what = f'"{text.strip()}" is no number' if text.strip() else "is blank"
        raise InputError(Finding(f"{name} {what}.", "Write it as 1234.50.")) from None
