"""The plans of many sites as tables: what banks sell, what stock is wanted, who goes without."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal

from bng_opt.batch.content.blocks import Block, Column, Row, RowKind, named, table, units_shown
from bng_opt.batch.content.outcome import Outcome
from bng_opt.market import Market
from bng_opt.optimiser.plan import Check, Plan
from bng_opt.quantities import ZERO, pounds

Plans = Mapping[str, Plan]
"""A plan by the name of its site."""


def bank_sales(plans: Plans) -> Block:
    """Return what each bank sells to which sites, and what it is paid."""
    names: dict[str, str] = {}
    sales: dict[str, list[tuple[str, Decimal]]] = {}
    for site, plan in plans.items():
        for bank in plan.banks:
            names[bank.bank_id] = named(bank.name, bank.bank_id)
            paid = bank.units_gbp + bank.fee_gbp
            sales.setdefault(bank.bank_id, []).append((site, paid))
    columns = (Column("Bank", width=40), Column("Sells to"), Column("Paid with fees", True))
    rows = [
        Row(
            (
                names[bank_id],
                ", ".join(site for site, _ in sold),
                pounds(sum((paid for _, paid in sold), ZERO)),
            )
        )
        for bank_id, sold in sorted(sales.items())
    ]
    credits = sum((plan.credits_gbp for plan in plans.values()), ZERO)
    rows += [Row(("Statutory credits", "", pounds(credits)))] if credits else []
    total = sum((plan.total_gbp for plan in plans.values()), ZERO)
    rows += [Row(("Together", "", pounds(total)), RowKind.TOTAL)] if rows else []
    return table("Each site makes its own contract and pays the bank's fee for it", columns, rows)


def stock_table(caption: str, market: Market, plans: Plans, stock_ids: Collection[str]) -> Block:
    """Return some stock lines with what the sites buy of them."""
    columns = (
        Column("Bank", width=28),
        Column("Habitat"),
        Column("In stock", True),
        Column("Bought", True),
        Column("By", width=22),
    )
    rows = [
        Row(
            (
                named(market.bank(line.bank_id).name, line.stock_id),
                line.habitat.name,
                units_shown(line.units),
                units_shown(sum(bought.values(), ZERO)),
                "; ".join(f"{site} {units_shown(u)}" for site, u in bought.items()) or "nobody",
            )
        )
        for line, bought in ((each, bought_of(each.stock_id, plans)) for each in market.stock)
        if line.stock_id in stock_ids
    ]
    return table(caption, columns, rows)


def oversold(market: Market, plans: Plans) -> Iterator[str]:
    """Yield the ids of the stock lines that the sites want more of than there is."""
    for line in market.stock:
        if sum(bought_of(line.stock_id, plans).values(), ZERO) > line.units:
            yield line.stock_id


def bought_of(stock_id: str, plans: Plans) -> dict[str, Decimal]:
    """Return what each site buys of a stock line [units]; sites that buy none are left out."""
    bought = {
        site: sum((line.units for line in plan.purchases if line.stock_id == stock_id), ZERO)
        for site, plan in plans.items()
    }
    return {site: units for site, units in bought.items() if units}


def failure_table(outcome: Outcome) -> Block:
    """Return the sites without an answer, with the reasons."""
    columns = (Column("Site", width=24), Column("Why"))
    rows = [Row((each.name, each.why)) for each in outcome.failed]
    return table("They stop none of the others", columns, rows)


def rule_table(caption: str, checks: Collection[Check]) -> Block:
    """Return rules as they were recomputed."""
    columns = (Column("Rule", width=40), Column("Holds", width=10), Column("What was found"))
    rows = [
        Row(
            (
                check.rule[:1].upper() + check.rule[1:],
                "yes" if check.ok else "NO",
                "" if check.detail == "holds" else check.detail,
            )
        )
        for check in checks
    ]
    return table(caption, columns, rows)
