"""A plan made by hand, with everything a plan can hold, for the tests of what prints it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bng_opt.errors import Finding
from bng_opt.optimiser.plan import (
    BankLine,
    Check,
    CreditLine,
    NotChosen,
    Plan,
    PlanStatus,
    PurchaseLine,
    Use,
)

D = Decimal
NEUTRAL = "Grassland - Other neutral grassland"
WOODLAND = "Woodland and forest - Lowland mixed deciduous woodland"
HEDGE = "Species-rich native hedgerow with trees - associated with bank or ditch"


def purchase(
    stock_id: str, bank_id: str, ledger: str, habitat: str, units: str, srm: str, price: str
) -> PurchaseLine:
    """Return a purchase whose figures agree with one another."""
    bought, multiplier, each = D(units), D(srm), D(price)
    return PurchaseLine(
        stock_id,
        bank_id,
        ledger,
        habitat,
        bought,
        multiplier,
        bought * multiplier,
        each,
        (bought * each).quantize(D("0.01")),
        "medium",
        "unit",
        each,
    )


def hand_plan() -> Plan:
    """Return a proven plan: three purchases from two banks, credits, a surplus, warnings."""
    purchases = (
        purchase("B1-1", "B1", "area", NEUTRAL, "6.42", "1", "27450.50"),
        purchase("B2-1", "B2", "area", WOODLAND, "1.38", "0.75", "41999.99"),
        purchase("B2-2", "B2", "hedgerow", HEDGE, "1.26", "0.75", "33333.33"),
    )
    first, second = purchases[0].cost_gbp, purchases[1].cost_gbp + purchases[2].cost_gbp
    banks = (
        BankLine(
            "B1",
            "Ash Dell Habitat Bank",
            "within",
            D("1"),
            "same LPA Stratford-on-Avon",
            7.4,
            D("6.42"),
            first,
            D("0"),
        ),
        BankLine(
            "B2",
            "Élan Brook Habitat Bank, managed by the Trust of the Upper Evenlode Commons",
            "neighbouring",
            D("0.75"),
            "LPA Cherwell adjoins Stratford-on-Avon",
            None,
            D("2.64"),
            second,
            D("750.10"),
        ),
    )
    plan = Plan(
        PlanStatus.OPTIMAL,
        "statutory",
        "medium",
        bound_gbp=D("0"),
        purchases=purchases,
        banks=banks,
        credits=(CreditLine("watercourse", "W", D("0.38"), D("0.76"), D("230000"), D("174800")),),
        uses=(
            Use("B2-1", "purchase", "area", WOODLAND, 1.38, "same habitat"),
            Use("Individual trees", "on-site surplus", "area", "Low", 0.74, "same band or higher"),
            Use("B1-1", "purchase", "area", "Grassland", 6.42, "same broad habitat at Medium"),
            Use("B2-1", "purchase", "area", "Net gain", 1.035, "any habitat of the ledger"),
            Use("B1-1", "purchase", "area", "Net gain", 1.1234567, "any habitat of the ledger"),
            Use("B2-2", "purchase", "hedgerow", HEDGE, 1.26, "same habitat"),
            Use("W", "statutory credits", "watercourse", "Ditches", 0.38, "same habitat"),
        ),
        checks=(
            Check("stock lines exist", True, "holds"),
            Check("area: trading rules", True, "holds"),
            Check("the total is the sum", True, "£478,000.00"),
        ),
        warnings=(
            Finding(
                "Bank B1 states no baseline for stock line B1-1: it is taken to lose nothing.",
                "Ask the bank for the gross and baseline units of the line.",
                file="stock.csv",
                row=2,
            ),
        ),
        not_chosen=(
            NotChosen("B3-1", "B3", NEUTRAL, D("4.5"), D("0.5"), D("26000"), "dearer"),
            NotChosen("B4-1", "B4", HEDGE, D("2"), None, None, "it has no price"),
        ),
        scenario="3f" * 32,
        title="Land at Brook Farm",
        site="LPA: Stratford-on-Avon\nNCA: Dunsmore and Feldon",
        seconds={"read": 0.1, "model": 0.2, "solve": 0.3, "verify": 0.01, "total": 0.61},
        versions={"bng_opt": "0.1.0", "PuLP": "3.3.2"},
    )
    return replace(plan, bound_gbp=plan.total_gbp - D("0.40"))


def empty_plan() -> Plan:
    """Return the plan of a project that owes nothing."""
    checks = (Check("area: trading rules", True, "holds"),)
    return Plan(PlanStatus.OPTIMAL, "statutory", "fractional", D("0"), checks=checks)
