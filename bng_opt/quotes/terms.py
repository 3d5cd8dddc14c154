"""The terms of a quote: discount, fees, VAT, and what is entered by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bng_opt.errors import Finding, InputError
from bng_opt.market.store.tables import DiscountKind
from bng_opt.optimiser.document import DocumentReader, Form, as_text
from bng_opt.quantities import PENNY, ZERO
from bng_opt.quotes.checks import check_amount, check_text
from bng_opt.quotes.outside import OutsideLine
from bng_opt.reference import catalogue
from bng_opt.settings import Settings


@dataclass(frozen=True)
class Discount:
    """What an introducer's clients have off the price of units.

    Attributes
    ----------
    percent
        With kind ``PERCENTAGE`` alone: above 0, below 100, at most two decimals [%].

    Raises
    ------
    InputError
        With everything that can't be, at once.
    """

    kind: DiscountKind = DiscountKind.NONE
    percent: Decimal | None = None

    def __post_init__(self) -> None:
        if findings := list(self._findings()):
            raise InputError(findings)

    def _findings(self) -> Iterator[Finding]:
        if self.kind is DiscountKind.INHERIT:
            message = "An inherited discount is no discount yet."
            yield Finding(message, "Give the terms of the parent account.")
        if (self.kind is DiscountKind.PERCENTAGE) is (self.percent is None):
            message = f"The discount is of kind {self.kind}, its percentage {self.percent}."
            yield Finding(message, "Give a percentage with kind percentage, and with no other.")
        if self.percent is not None:
            most = 100 - PENNY
            yield from check_amount(
                "discount's percentage", self.percent, step=PENNY, least=PENNY, most=most
            )


NO_DISCOUNT = Discount()


@dataclass(frozen=True)
class Charge:
    """Something by hand that is no units, such as a legal agreement.

    Attributes
    ----------
    amount_gbp
        Before VAT, 0 or more; a reduction is a discount, which the terms name [GBP].

    Raises
    ------
    InputError
        With everything that can't be, at once.
    """

    description: str
    amount_gbp: Decimal

    def __post_init__(self) -> None:
        findings = [
            *check_text("description of a charge", self.description),
            *check_amount(f"amount of {self.description!r}", self.amount_gbp),
        ]
        if findings:
            raise InputError(findings)


@dataclass(frozen=True)
class Terms:
    """The terms of a quote.

    Lines and charges may be given in any order: they are kept sorted.

    Attributes
    ----------
    discount
        The introducer's.
    surplus_offset
        Whether the "on-site surplus offset discount" is granted.
    admin_fee_gbp, admin_fee_fractional_gbp
        The seller's fee, and that on a quote of fractional size [GBP].
    vat_rate
        As a fraction.
    outside
        Units from outside the market.
    charges
        What else is charged.

    Raises
    ------
    InputError
        With everything that can't be, at once.
    """

    discount: Discount = NO_DISCOUNT
    surplus_offset: bool = False
    admin_fee_gbp: Decimal = Decimal(500)
    admin_fee_fractional_gbp: Decimal = Decimal(300)
    vat_rate: Decimal = Decimal("0.20")
    outside: tuple[OutsideLine, ...] = ()
    charges: tuple[Charge, ...] = ()

    def __post_init__(self) -> None:
        findings = [
            *check_amount("admin fee", self.admin_fee_gbp),
            *check_amount("admin fee of fractional contracts", self.admin_fee_fractional_gbp),
        ]
        if not self.vat_rate.is_finite() or not ZERO <= self.vat_rate <= 1:
            message = f"The VAT rate is {self.vat_rate}."
            findings.append(Finding(message, "Give it as a fraction: 0.20 for 20%."))
        if findings:
            raise InputError(findings)
        keep = object.__setattr__
        keep(self, "outside", tuple(sorted(self.outside, key=lambda line: line.key)))
        keep(self, "charges", tuple(sorted(self.charges, key=_charge_key)))

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        discount: Discount = NO_DISCOUNT,
        surplus_offset: bool = False,
        outside: Sequence[OutsideLine] = (),
        charges: Sequence[Charge] = (),
    ) -> Terms:
        """Return terms with the fees and the VAT rate that are set."""
        return cls(
            discount,
            surplus_offset,
            settings.admin_fee_gbp,
            settings.admin_fee_fractional_gbp,
            settings.vat_rate,
            tuple(outside),
            tuple(charges),
        )

    def as_dict(self) -> dict[str, object]:
        """Return the terms as plain values, decimals as they are spelt."""
        percent = self.discount.percent
        return {
            "discount": {
                "kind": self.discount.kind.value,
                "percent": None if percent is None else str(percent),
            },
            "surplus_offset": self.surplus_offset,
            "admin_fee_gbp": str(self.admin_fee_gbp),
            "admin_fee_fractional_gbp": str(self.admin_fee_fractional_gbp),
            "vat_rate": str(self.vat_rate),
            "outside": [
                {
                    "description": line.description,
                    "habitat": line.habitat.name,
                    "units": str(line.units),
                    "price_gbp": str(line.price_gbp),
                    "srm": str(line.srm),
                    "supplier": line.supplier,
                }
                for line in self.outside
            ],
            "charges": [
                {"description": charge.description, "amount_gbp": str(charge.amount_gbp)}
                for charge in self.charges
            ],
        }

    @classmethod
    def from_dict(cls, mapping: Mapping[str, Any]) -> Terms:
        """Return the terms that :meth:`as_dict` wrote.

        Raises
        ------
        InputError
            With everything that is missing, unknown or can't be.
        """
        reader = DocumentReader("Give the terms as bng_opt wrote them.")
        kind = Form({"kind": reader.plain(lambda value: DiscountKind(as_text(value)))})
        habitat = Form({"habitat": reader.plain(lambda value: catalogue().find(as_text(value)))})
        form = Form(
            {
                "discount": lambda value, path: reader.record(Discount, value, path, kind),
                "outside": reader.records(OutsideLine, habitat),
                "charges": reader.records(Charge),
            }
        )
        return reader.finished(reader.record(cls, mapping, "", form))


def _charge_key(charge: Charge) -> tuple[str, Decimal]:
    return (charge.description, charge.amount_gbp)
