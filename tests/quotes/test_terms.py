"""Terms: what they may be, everything wrong said at once, and the way to a document and back."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given

from bng_opt.errors import InputError
from bng_opt.market.store.tables import DiscountKind
from bng_opt.places import Category
from bng_opt.quotes.outside import OutsideLine
from bng_opt.quotes.terms import Charge, Discount, Terms
from bng_opt.settings import Settings
from tests.support.scenarios import FELLED, HEDGE_LOW
from tests.support.terms import all_terms

D = Decimal


def messages(error: pytest.ExceptionInfo) -> list[str]:
    assert all(finding.remedy for finding in error.value.findings)
    return [finding.message for finding in error.value.findings]


@pytest.mark.parametrize("percent", ["0.01", "12.5", "99.99"])
def test_a_percentage_may_be_above_0_and_below_100(percent):
    assert Discount(DiscountKind.PERCENTAGE, D(percent)).percent == D(percent)


@pytest.mark.parametrize("percent", ["0", "-1", "100", "12.345", "NaN", "Infinity", "1e-99"])
def test_other_percentages_are_refused(percent):
    with pytest.raises(InputError, match="percentage"):
        Discount(DiscountKind.PERCENTAGE, D(percent))


@pytest.mark.parametrize(
    ("kind", "percent"),
    [
        (DiscountKind.PERCENTAGE, None),
        (DiscountKind.NONE, D(10)),
        (DiscountKind.NEXT_SIZE_UP, D(10)),
    ],
)
def test_a_percentage_goes_with_its_kind_alone(kind, percent):
    with pytest.raises(InputError, match="with kind percentage"):
        Discount(kind, percent)


def test_an_inherited_discount_is_resolved_before_it_gets_here():
    with pytest.raises(InputError, match="parent account"):
        Discount(DiscountKind.INHERIT)


@pytest.mark.parametrize(
    ("description", "amount"),
    [("", "1"), ("   ", "1"), ("x" * 201, "1"), ("two\nlines", "1"), ("a\x00b", "1"),
     ("Legal", "-0.01"), ("Legal", "0.001"), ("Legal", "NaN"), ("Legal", "1e10")],
)  # fmt: skip
def test_a_charge_that_cannot_be_printed_or_charged_is_refused(description, amount):
    with pytest.raises(InputError):
        Charge(description, D(amount))


def test_all_that_is_wrong_with_terms_is_said_at_once():
    with pytest.raises(InputError) as error:
        Terms(admin_fee_gbp=D(-1), admin_fee_fractional_gbp=D("0.001"), vat_rate=D(20))
    assert len(messages(error)) == 3


def test_fees_and_vat_are_those_of_the_settings():
    terms = Terms.from_settings(
        Settings(admin_fee_gbp="450.50", admin_fee_fractional_gbp="1", vat_rate="0.175"),
        surplus_offset=True,
    )
    assert terms == Terms(
        surplus_offset=True,
        admin_fee_gbp=D("450.50"),
        admin_fee_fractional_gbp=D(1),
        vat_rate=D("0.175"),
    )


@given(all_terms)
def test_terms_come_back_from_json_as_they_were(terms):
    assert Terms.from_dict(json.loads(json.dumps(terms.as_dict()))) == terms


def test_the_order_of_lines_and_charges_changes_nothing():
    lines = (
        OutsideLine.of("Felled", FELLED, D(1), D(10), Category.WITHIN),
        OutsideLine.of("Felled", FELLED, D(2), D(10), Category.WITHIN),
        OutsideLine.of("Hedge", HEDGE_LOW, D(1), D(10), Category.OUTSIDE, "Trust"),
    )
    charges = (Charge("A", D(1)), Charge("A", D(2)), Charge("B", D(0)))
    one, other = (
        Terms(outside=lines, charges=charges),
        Terms(outside=lines[::-1], charges=charges[::-1]),
    )
    assert one == other
    assert one.as_dict() == other.as_dict()


def test_all_that_is_wrong_in_a_document_is_said_at_once():
    document = Terms(charges=(Charge("Legal", D(1)),)).as_dict()
    document["discount"] = {"kind": "half", "percent": None}
    document["surplus_offset"] = "yes"
    document["charges"] = [{"description": "", "amount_gbp": "1"}, {"description": "x"}]
    document["outside"] = [
        {"description": "x", "habitat": "Moon", "units": "1", "price_gbp": "1", "srm": "1",
         "supplier": ""}
    ]  # fmt: skip
    document["extra"] = 1
    del document["vat_rate"]
    with pytest.raises(InputError) as error:
        Terms.from_dict(document)
    said = "\n".join(messages(error))
    for words in ("half", "surplus_offset", "blank", "charges[1].amount_gbp", "Moon", "extra",
                  "vat_rate"):  # fmt: skip
        assert words in said
