"""A priced quote: awkward pennies by hand, and what can't be quoted."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bng_opt.errors import InputError
from bng_opt.market.store.tables import DiscountKind, LineKind
from bng_opt.metric.requirement import Requirement
from bng_opt.optimiser.plan import Plan
from bng_opt.places import Category
from bng_opt.quotes.discounts import discounted_market
from bng_opt.quotes.lines import PricedQuote
from bng_opt.quotes.outside import OutsideLine, requirement_after
from bng_opt.quotes.pricing import price_quote
from bng_opt.quotes.terms import Charge, Discount, Terms
from bng_opt.runtime.run import optimise
from tests.support.scenarios import (
    AREA,
    FELLED,
    HEDGEROW,
    NEUTRAL,
    WOODLAND,
    BankSpec,
    Line,
    Scene,
    site,
)

D = Decimal
EIGHTH = Discount(DiscountKind.PERCENTAGE, D("12.5"))
NEXT_SIZE = Discount(DiscountKind.NEXT_SIZE_UP)


def scene(**parts: object) -> Scene:
    """Return a need of 3 units, 1 of woodland: a medium contract.

    Woodland is sold within at a price per unit bought, grassland in a neighbouring bank per
    unit delivered: 2 are owed there, 2.67 bought.
    """
    lines = (
        Line(WOODLAND, 4, {"medium": "30000.33", "large": "28000.11"}, "A", stock_id="WOOD"),
        Line(
            NEUTRAL, 9, {"medium": "10000.01", "large": "9000.01"}, "N",
            basis="delivered", stock_id="NEAR",
        ),
    )  # fmt: skip
    need = {"changes": {WOODLAND: -1.0}, "deficits": {AREA: 3.0}, **parts}
    return Scene(lines, banks=(BankSpec("A", fee="500.10"),), **need)


def planned(scene: Scene, terms: Terms) -> Plan:
    policy = scene.policy()
    requirement = requirement_after(scene.requirement(), terms.outside, policy.mode)
    market = discounted_market(scene.market(), terms.discount)
    return optimise(requirement, market, site(), policy)


def quoted(scene: Scene, terms: Terms) -> PricedQuote:
    return price_quote(
        planned(scene, terms),
        list_market=scene.market(),
        requirement=scene.requirement(),
        terms=terms,
    )


def amounts(quote: PricedQuote) -> list[tuple[str, str, str]]:
    """Return what each line is for, its amount and what comes off."""
    return [
        (line.stock_id or line.kind.value, f"{line.amount_gbp:.2f}", f"{line.discount_gbp:.2f}")
        for line in quote.lines
    ]


def test_at_list_prices_the_quote_is_the_plan_with_fee_and_vat():
    quote = quoted(scene(), Terms())
    assert amounts(quote) == [
        ("WOOD", "30000.33", "0.00"),
        ("NEAR", "20025.02", "0.00"),  # 2.67 x 7500.0075 = 20025.020025
        ("bank_fee", "500.10", "0.00"),
        ("admin_fee", "500.00", "0.00"),
    ]
    assert (quote.net_gbp, quote.vat_gbp, quote.gross_gbp) == (
        D("51025.45"),
        D("10205.09"),
        D("61230.54"),
    )
    assert (quote.contract_size, quote.notes) == ("medium", ())


def test_lines_are_told_in_plain_words_with_what_counts():
    wood, near, fee, admin = quoted(scene(), Terms()).lines
    assert wood.description == f"{WOODLAND}, 1.00 units"
    assert near.description == (
        f"{NEUTRAL}, 2.67 units (counts as 2.0025), at £10,000.01 per unit that counts"
    )
    assert (near.units, near.srm, near.delivered_units) == (D("2.67"), D("0.75"), D("2.0025"))
    assert near.price_gbp == D("7500.0075")
    assert (near.bank_id, near.bank_name, near.ledger) == ("N", "Bank N", "area")
    assert fee.description == "Fee of Bank A"
    assert admin.description == "Administration fee"


def test_a_percentage_comes_off_the_units_and_nothing_else():
    quote = quoted(scene(), Terms(discount=EIGHTH))
    # 30000.33 x 0.875 = 26250.28875; 10000.01 x 0.875 = 8750.00875, so 2.67 x 6562.5075.
    assert amounts(quote) == [
        ("WOOD", "30000.33", "3750.04"),
        ("NEAR", "20025.02", "2503.12"),
        ("bank_fee", "500.10", "0.00"),
        ("admin_fee", "500.00", "0.00"),
    ]
    assert quote.net_gbp == D("44772.29")
    assert quote.vat_gbp == D("8954.46")  # 8954.458
    assert quote.gross_gbp == D("53726.75")
    assert quote.notes == (
        "Introducer's discount: 12.5% off the price of a unit, to the nearest penny. It takes "
        "£6,253.16 off. Fees, units from outside the market and statutory credits are not "
        "discounted.",
    )


def test_the_next_size_up_gives_large_prices_in_a_medium_contract():
    quote = quoted(scene(), Terms(discount=NEXT_SIZE))
    # 2.67 x 9000.01 x 0.75 = 18022.520025
    assert amounts(quote)[:2] == [("WOOD", "30000.33", "2000.22"), ("NEAR", "20025.02", "2002.50")]
    assert quote.contract_size == "medium"
    assert "next larger contract size" in quote.notes[0]


def test_the_surplus_offset_comes_off_after_the_introducers_discount():
    need = {WOODLAND: -1.0, NEUTRAL: 0.734}
    quote = quoted(scene(changes=need), Terms(discount=EIGHTH, surplus_offset=True))
    # Half of 0.734 over 3.67 units bought is 10%: of 26250.29 and of 17521.90 what is left.
    assert amounts(quote)[:2] == [
        ("WOOD", "30000.33", "6375.07"),  # 30000.33 - 23625.261
        ("NEAR", "20025.02", "4255.31"),  # 20025.02 - 15769.71
    ]
    assert quote.of(LineKind.BANK_FEE)[0].discount_gbp == 0
    assert len(quote.notes) == 2
    assert "On-site surplus offset discount" in quote.notes[1]
    assert "10.00% off area units" in quote.notes[1]
    assert "It takes £4,377.22 off." in quote.notes[1]
    assert quote.discount_gbp == D("6253.16") + D("4377.22")


def test_the_surplus_offset_is_off_unless_granted_and_says_when_nothing_comes_off():
    with_surplus = scene(changes={WOODLAND: -1.0, NEUTRAL: 0.734})
    assert quoted(with_surplus, Terms()).discount_gbp == 0
    nothing = quoted(scene(), Terms(surplus_offset=True))
    assert nothing.discount_gbp == 0
    assert "nothing comes off" in nothing.notes[0]


def test_everything_a_quote_may_hold_stands_in_the_order_of_print():
    owed = scene(
        changes={WOODLAND: -1.0, FELLED: -0.5},
        deficits={AREA: 3.5, HEDGEROW: 0.1},
        wishes={"credits": True},
    )
    terms = Terms(
        discount=EIGHTH,
        outside=(
            OutsideLine.of(
                "Felled woodland", FELLED, D("0.5"), D("20000.01"), Category.WITHIN, "Trust"
            ),
        ),
        charges=(Charge("Legal agreement", D("99.99")),),
    )
    quote = quoted(owed, terms)
    assert [line.kind for line in quote.lines] == [
        LineKind.UNITS,
        LineKind.UNITS,
        LineKind.OUTSIDE,
        LineKind.BANK_FEE,
        LineKind.CREDITS,
        LineKind.OTHER,
        LineKind.ADMIN_FEE,
    ]
    outside, credits = quote.of(LineKind.OUTSIDE)[0], quote.of(LineKind.CREDITS)[0]
    assert outside.description == (
        "Felled woodland: Replacement for felled woodland, 0.50 units, from Trust"
    )
    assert outside.net_gbp == D("10000.01")  # 10000.005: half a penny goes up
    assert credits.description == (
        "Statutory biodiversity credits, tier H: 0.20 at £44,000.00, for 0.10 units"
    )
    assert credits.net_gbp == 8_800
    assert quote.net_of(LineKind.OUTSIDE, LineKind.CREDITS, LineKind.OTHER) == D("18900.00")


def test_a_plans_lines_may_come_in_any_order():
    plan, terms = planned(scene(), Terms()), Terms()
    reverse = replace(plan, purchases=plan.purchases[::-1], banks=plan.banks[::-1])
    for each in (plan, reverse):
        quote = price_quote(
            each, list_market=scene().market(), requirement=scene().requirement(), terms=terms
        )
        assert [line.stock_id for line in quote.of(LineKind.UNITS)] == ["WOOD", "NEAR"]


def test_a_fractional_contract_pays_the_fractional_fee():
    small = Scene((Line(NEUTRAL, 4, 10_000),), {}, {AREA: 0.05})
    (_, fee) = quoted(small, Terms()).lines
    assert (fee.amount_gbp, fee.description) == (300, "Administration fee, fractional contract")


def refusals(plan: Plan, scene: Scene, terms: Terms, requirement: Requirement | None = None):
    with pytest.raises(InputError) as error:
        price_quote(
            plan,
            list_market=scene.market(),
            requirement=requirement or scene.requirement(),
            terms=terms,
        )
    assert all(finding.remedy for finding in error.value.findings)
    return [finding.message for finding in error.value.findings]


def test_a_plan_made_on_other_terms_is_refused_line_by_line():
    plan = planned(scene(), Terms(discount=EIGHTH))
    said = refusals(plan, scene(), Terms())
    assert [words.split()[3] for words in said] == ["WOOD", "NEAR"]


def test_a_plan_of_another_market_is_refused():
    other = Scene((Line(WOODLAND, 4, 1, "A", stock_id="ELSE"),))
    assert len(refusals(planned(scene(), Terms()), other, Terms())) == 2


def test_a_plan_whose_checks_do_not_hold_is_refused():
    plan = planned(scene(), Terms())
    broken = replace(plan, checks=(replace(plan.checks[0], ok=False), *plan.checks[1:]))
    for wrong in (broken, replace(plan, checks=())):
        assert refusals(wrong, scene(), Terms()) == ["The plan isn't verified."]


def test_figures_finer_than_a_quote_prints_are_refused_all_at_once():
    plan = planned(scene(), Terms())
    fine = replace(plan.purchases[1], units=D("2.67001"))
    bank = replace(plan.banks[0], fee_gbp=D("0.001"))
    wrong = replace(plan, purchases=(plan.purchases[0], fine), banks=(bank,))
    said = refusals(wrong, scene(), Terms())
    assert ["finer" in said[0], "0.001" in said[1], len(said)] == [True, True, 2]
