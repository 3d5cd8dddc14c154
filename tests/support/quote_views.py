"""Quotes as their documents see them: real plans, priced, in every state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import bng_opt
from bng_opt.errors import Finding
from bng_opt.market.store.tables import DiscountKind, LineKind, QuoteState, ReservationState
from bng_opt.optimiser.plan import BankLine, Check, CreditLine, Plan, PlanStatus, PurchaseLine, Use
from bng_opt.quantities import ZERO, round_money
from bng_opt.quotes.content import Need, QuoteContent, find_content
from bng_opt.quotes.credits_comparison import compare_with_credits
from bng_opt.quotes.lines import PricedQuote, QuoteLine, vatable
from bng_opt.quotes.outside import OutsideLine
from bng_opt.quotes.terms import Charge, Discount, Terms
from bng_opt.quotes.view import HeldStock, Party, QuoteView
from bng_opt.reference import catalogue
from bng_opt.resources import data_dir
from tests.support.hand_plan import empty_plan, purchase
from tests.support.scenarios import FELLED

D = Decimal
SELLER = Party(
    "Rowan Hale",
    "Green Lane Ecology Ltd (fictional)",
    "quotes@greenlane.example",
    "01789 000000",
    "4 Mill Yard\nStratford-upon-Avon\nCV37 0AA",
)
CUSTOMER = Party(
    "Imogen Wright",
    "Brook Farm Homes Ltd (fictional)",
    "imogen.wright@brookfarm.example",
    "",
    "1 High Street\nWarwick\nCV34 4AA",
)
MADE = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
SENT = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
ADMIN_FEE = D("500.00")
VAT_RATE = D("0.20")


@cache
def demo_content() -> QuoteContent:
    """Return the demonstration's quote before it has a reference."""
    return _content(data_dir() / "demo" / "metric.xlsx", Terms())


@cache
def full_content() -> QuoteContent:
    """Return the demonstration's quote with a discount, felled woodland and a charge."""
    discount = Discount(DiscountKind.PERCENTAGE, D("7.5"))
    felled = OutsideLine(
        "Felled copse", catalogue().find(FELLED), D("0.45"), D("22500"), D(1), "Forest Trust"
    )
    survey = Charge("Survey of the receptor site", D("845.55"))
    terms = Terms(discount, outside=(felled,), charges=(survey,))
    return _content(data_dir() / "demo" / "metric.xlsx", terms)


@cache
def workbook_content(path: Path) -> QuoteContent:
    """Return the quote of an official workbook on the demonstration market."""
    return _content(path, Terms())


def view_of(plan: Plan, priced: PricedQuote, **changes: object) -> QuoteView:
    """Return a sent quote of a plan, with any of its values changed."""
    view = QuoteView(
        reference="BNG-2026-00017",
        revision=1,
        latest_revision=1,
        state=QuoteState.SENT,
        made_at=MADE,
        made_by="rowan",
        project="Land at Brook Farm",
        customer=CUSTOMER,
        seller=SELLER,
        introducer="",
        priced=priced,
        plan=plan,
        site=plan.site or "LPA: Stratford-on-Avon",
        site_lpas=("Stratford-on-Avon",),
        site_ncas=("Dunsmore and Feldon",),
        market_snapshot="5a" * 32,
        market_at=datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
        sources={
            "Need": "statutory biodiversity metric 4.1, metric.xlsx",
            "Prices": "price list 3, valid from 2026-10-01, autumn.xlsx",
            "Rules": "statutory metric 4.1",
        },
        needs_approval=priced.net_gbp >= 50_000,
        sent_at=SENT,
        valid_until=date(2026, 12, 3),
        approved_by="Ada Fenn",
        approved_at=datetime(2026, 11, 3, 11, 0, tzinfo=UTC),
        reservation=HeldStock(
            ReservationState.HELD,
            datetime(2026, 11, 10, 14, 5, tzinfo=UTC),
            {line.stock_id: line.units for line in plan.purchases},
        ),
        bgs_references={bank.bank_id: f"BGS-{bank.bank_id}" for bank in plan.banks},
    )
    return replace(view, **changes)  # type: ignore[arg-type]


def content_view(content: QuoteContent, **changes: object) -> QuoteView:
    """Return a sent quote of what was found and priced."""
    return view_of(
        content.plan,
        content.priced,
        **{"credits": compare_with_credits(content.need.requirement), **changes},
    )


def demo_view(**changes: object) -> QuoteView:
    """Return the demonstration's quote: sent, approved, without discounts."""
    return content_view(demo_content(), **changes)


def full_view(**changes: object) -> QuoteView:
    """Return the demonstration's quote with all that a quote can have but credits."""
    return content_view(full_content(), **{"introducer": "Fenn Planning", **changes})


def priced_by_hand(
    plan: Plan, *, admin_fee: Decimal = ADMIN_FEE, vat_rate: Decimal = VAT_RATE
) -> PricedQuote:
    """Return the lines of a plan that no market stands behind, at its own prices."""
    names = {bank.bank_id: bank.name for bank in plan.banks}
    lines = [_unit_line(line, names) for line in plan.purchases]
    lines += [
        QuoteLine(
            LineKind.BANK_FEE,
            f"Fee of {bank.name}",
            bank.fee_gbp,
            bank_id=bank.bank_id,
            bank_name=bank.name,
        )
        for bank in plan.banks
        if bank.fee_gbp
    ]
    lines += [
        QuoteLine(LineKind.CREDITS, f"Credits, tier {line.tier}", line.cost_gbp, ledger=line.ledger)
        for line in plan.credits
    ]
    lines += [QuoteLine(LineKind.ADMIN_FEE, "Administration fee", admin_fee)] if admin_fee else []
    tax = round_money(vatable(lines) * vat_rate)
    return PricedQuote(tuple(lines), plan.contract_size, vat_rate, tax)


def many_lines_view(count: int = 120) -> QuoteView:
    """Return a quote of many lines over ten banks, three ledgers and three multipliers."""
    kinds = (
        ("area", "Grassland - Other neutral grassland", "1"),
        ("hedgerow", "Species-rich native hedgerow", "0.75"),
        ("watercourse", "Ditches", "0.5"),
    )
    purchases = tuple(
        purchase(
            f"B{n % 10:02d}-{n:03d}",
            f"B{n % 10:02d}",
            *kinds[n % 3][:2],
            f"{D(n * 37 % 611 + 1) / 100}",
            kinds[n % 3][2],
            f"{18_000 + n * 117}.{n % 100:02d}",
        )
        for n in range(count)
    )
    plan = plan_of(purchases)
    return view_of(plan, priced_by_hand(plan))


def plan_of(
    purchases: tuple[PurchaseLine, ...], names: dict[str, str] | None = None, fee: str = "250.10"
) -> Plan:
    """Return a verified plan of some purchases, each serving the net gain of its ledger."""
    banks = []
    for bank_id in dict.fromkeys(line.bank_id for line in purchases):
        own = [line for line in purchases if line.bank_id == bank_id]
        banks.append(
            BankLine(
                bank_id,
                (names or {}).get(bank_id, f"Bank {bank_id}"),
                "within",
                own[0].srm,
                "same LPA: Stratford-on-Avon",
                12.0,
                sum((line.units for line in own), ZERO),
                sum((line.cost_gbp for line in own), ZERO),
                D(fee),
            )
        )
    plan = Plan(
        PlanStatus.OPTIMAL,
        "statutory",
        "large",
        bound_gbp=ZERO,
        purchases=purchases,
        banks=tuple(banks),
        uses=tuple(
            Use(
                line.stock_id,
                "purchase",
                line.ledger,
                "Net gain",
                float(line.delivered_units),
                "any habitat of the ledger",
            )
            for line in purchases
        ),
        checks=(Check("area: trading rules", True, "holds"),),
        scenario="3f" * 32,
        title="Made quote",
        versions={"bng_opt": "0.1.0", "rules": "statutory metric 4.1"},
    )
    return replace(plan, bound_gbp=plan.total_gbp)


def empty_view(**changes: object) -> QuoteView:
    """Return the quote of a project that owes nothing and pays nothing."""
    plan = empty_plan()
    return view_of(plan, priced_by_hand(plan, admin_fee=ZERO), reservation=None, **changes)


def credits_view() -> QuoteView:
    """Return a quote of statutory credits alone."""
    credit = CreditLine("area", "A1", D("0.305"), D("0.61"), D("42000"), D("25620"))
    uses = (Use("A1", "statutory credits", "area", "Net gain", 0.305, "any habitat"),)
    plan = replace(empty_plan(), credits=(credit,), uses=uses, bound_gbp=D("25620"))
    return view_of(plan, priced_by_hand(plan), reservation=None)


def land_and_water_view(**changes: object) -> QuoteView:
    """Return a quote of one bank that sells on land and in water, at three multipliers."""
    purchases = (
        purchase("B1-1", "B1", "area", "Grassland - Modified grassland", "2.50", "1", "18000"),
        purchase("B1-2", "B1", "hedgerow", "Native hedgerow", "0.33", "0.75", "12345.67"),
        purchase("B1-3", "B1", "watercourse", "Ditches", "1.15", "0.5", "24450.1"),
    )
    plan = plan_of(purchases, {"B1": "Evenlode Meadows"})
    return view_of(plan, priced_by_hand(plan), **changes)


def hostile_view(text: str) -> QuoteView:
    """Return a quote where whatever others write is this text."""
    purchases = (
        replace(
            purchase("X", "B1", "area", "X", "2.50", "1", "18000"), stock_id=text, habitat=text
        ),
        replace(purchase("Y", "B2", "area", "Y", "0.25", "0.75", "9000"), habitat=text),
    )
    plan = plan_of(purchases, {"B1": text, "B2": text + "2"})
    warning = Finding(text, text, file=text, row=2)
    plan = replace(plan, title=text, site=text, warnings=(warning,), mode=text)
    priced = priced_by_hand(plan)
    more = (
        QuoteLine(LineKind.OUTSIDE, text, D("10"), ledger="area", habitat=text, units=D("0.1")),
        QuoteLine(LineKind.OTHER, text, D("20")),
    )
    lines = (*priced.lines[:-1], *more, priced.lines[-1])
    tax = round_money(vatable(lines) * VAT_RATE)
    priced = replace(priced, lines=lines, vat_gbp=tax, notes=(text,))
    party = Party(text, text, text, text, f"{text}\n{text}")
    return view_of(
        plan,
        priced,
        project=text,
        customer=party,
        seller=party,
        introducer=text,
        site=text,
        site_lpas=(text,),
        site_ncas=(text,),
        sources={text: text},
        approved_by=text,
        bgs_references={"B1": text},
        reason=text,
    )


def _content(path: Path, terms: Terms) -> QuoteContent:
    site = bng_opt.Site.from_names("Stratford-on-Avon", "Dunsmore and Feldon")
    need = Need(bng_opt.read_metric(path), site, bng_opt.Policy(), terms)
    return find_content(need, bng_opt.load_market(data_dir() / "demo" / "market"))


def _unit_line(line: PurchaseLine, names: dict[str, str]) -> QuoteLine:
    return QuoteLine(
        LineKind.UNITS,
        f"{line.habitat}, {line.units} units",
        line.cost_gbp,
        ZERO,
        line.stock_id,
        line.bank_id,
        names[line.bank_id],
        line.ledger,
        line.habitat,
        line.units,
        line.srm,
        line.delivered_units,
        line.price_gbp,
    )
