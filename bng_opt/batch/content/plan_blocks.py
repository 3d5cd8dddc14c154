"""A requirement and a plan as tables that clients and planning officers read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal

from bng_opt.batch.content.blocks import (
    Block,
    Column,
    Row,
    RowKind,
    bullets,
    joined,
    named,
    paragraph,
    table,
    units_shown,
)
from bng_opt.batch.content.many_blocks import rule_table
from bng_opt.errors import Finding
from bng_opt.market import Market
from bng_opt.metric.requirement import LedgerRequirement, Requirement
from bng_opt.optimiser.needs import SHOWN, needs_met
from bng_opt.optimiser.plan import Plan, PurchaseLine
from bng_opt.optimiser.report import (
    GROSS_WORDS,
    NOTHING_TO_BUY,
    by_ledger,
    checks_line,
    is_empty,
    serves_gross,
    spatial_risk_words,
)
from bng_opt.quantities import UNIT_TOLERANCE, ZERO, pounds, rate_text, to_decimal
from bng_opt.quotes.documents.html import multiplier_text
from bng_opt.reference import Ledger


def need_table(requirement: Requirement) -> Block:
    """Return what is still missing, ledger by ledger, with the rule of each line."""
    rows = [row for ledger in Ledger for row in _ledger_rows(requirement.ledgers[ledger])]
    columns = (Column("Need"), Column("Band"), Column("May be met by"), Column("Units", True))
    return joined(
        (
            table("Units still missing at a spatial risk multiplier of 1", columns, rows),
            bullets(_surplus(requirement)),
        )
    )


def _ledger_rows(position: LedgerRequirement) -> Iterator[Row]:
    name = position.ledger.value.capitalize()
    if not position.settlement.shortfalls and position.deficit <= UNIT_TOLERANCE:
        yield Row((f"{name}: nothing is missing", "", "", ""), RowKind.GROUP)
        return
    # A table of needs states no baseline.
    known = f"baseline {units_shown(shown(position.baseline))}, " if position.baseline else ""
    deficit = units_shown(shown(max(position.deficit, 0.0)))
    yield Row((f"{name}: {known}headline deficit {deficit}", "", "", ""), RowKind.GROUP)
    total = ZERO
    for shortfall in position.settlement.shortfalls:
        account, units = shortfall.account, shown(shortfall.units)
        total += units
        key = f"any {account.key}" if account.key == account.band.value else account.key
        cells = (key[:1].upper() + key[1:], account.band.value, account.rule_words)
        yield Row((*cells, units_shown(units)))
    if position.net_gain_extra > UNIT_TOLERANCE:
        extra = shown(position.net_gain_extra)
        total += extra
        words = f"any {position.ledger.value} habitat"
        yield Row(("Net gain", "any", words, units_shown(extra)))
    yield Row((f"{name} units to buy", "", "", units_shown(total)), RowKind.SUM)


def _surplus(requirement: Requirement) -> Iterator[str]:
    for ledger in Ledger:
        for use in requirement.ledgers[ledger].settlement.uses:
            units = units_shown(shown(use.units))
            yield (
                f"{units} units of the site's own surplus of {use.source.key} serve "
                f"{use.target.key} and need not be bought."
            )


def purchase_table(plan: Plan) -> Block:
    """Return what is bought, with sums that are those of the lines to the penny."""
    if is_empty(plan):
        return paragraph(NOTHING_TO_BUY)
    columns = (
        Column("Bank", width=22),
        Column("Habitat bought", width=27),
        Column("Units", True),
        Column("Multiplier", True),
        Column("Counts as", True),
        Column("Per unit", True),
        Column("Cost", True),
    )
    size = f"; contract size {plan.contract_size}" if plan.purchases else ""
    caption = f"Prices in pounds per unit bought, before VAT{size}"
    note = "Units are bought before the spatial risk multiplier; “Counts as” is what counts after."
    return joined(
        (
            table(caption, columns, list(_purchase_rows(plan))),
            paragraph(note if plan.purchases else "", "note"),
        )
    )


def _purchase_rows(plan: Plan) -> Iterator[Row]:
    names = {bank.bank_id: named(bank.name, bank.bank_id) for bank in plan.banks}
    for ledger, lines in by_ledger(plan):
        yield Row((f"{ledger.capitalize()} units", *[""] * 6), RowKind.GROUP)
        for line in lines:
            yield Row((names.get(line.bank_id, line.bank_id), *_purchase_cells(line)))
        units = sum((line.units for line in lines), ZERO)
        counts = sum((line.delivered_units for line in lines), ZERO)
        cost = sum((line.cost_gbp for line in lines), ZERO)
        sums = (units_shown(units), "", units_shown(counts), "", pounds(cost))
        yield Row((f"Sum of {ledger} units", "", *sums), RowKind.SUM)
    charged = [bank for bank in plan.banks if bank.fee_gbp]
    if charged:
        yield Row(("Fees of the banks", *[""] * 6), RowKind.GROUP)
        for bank in charged:
            yield Row((names[bank.bank_id], *[""] * 5, pounds(bank.fee_gbp)))
        yield Row(("Sum of fees", *[""] * 5, pounds(plan.fees_gbp)), RowKind.SUM)
    if plan.credits:
        yield Row(("Statutory credits", *[""] * 6), RowKind.GROUP)
        for credit in plan.credits:
            what = f"{units_shown(credit.units)} missing {credit.ledger} units"
            cells = (what, units_shown(credit.credits), "", "", rate_text(credit.price_gbp))
            yield Row((f"Tier {credit.tier}", *cells, pounds(credit.cost_gbp)))
        yield Row(("Sum of credits", *[""] * 5, pounds(plan.credits_gbp)), RowKind.SUM)
    yield Row(("Total before VAT", *[""] * 5, pounds(plan.total_gbp)), RowKind.TOTAL)


def _purchase_cells(line: PurchaseLine) -> tuple[str, ...]:
    return (
        line.habitat,
        units_shown(line.units),
        multiplier_text(line.srm),
        units_shown(line.delivered_units),
        rate_text(line.price_gbp),
        pounds(line.cost_gbp),
    )


def needs_met_table(plan: Plan) -> Block:
    """Return each need with everything that serves it; nothing where there is none."""
    rows: list[Row] = []
    for need in needs_met(plan):
        rows.append(Row((need.title, need.rule, units_shown(need.units)), RowKind.GROUP))
        rows += [Row((source.words, "", units_shown(source.units))) for source in need.sources]
    columns = (Column("Need, and what meets it"), Column("Rule"), Column("Units", True))
    caption = "Units before the multiplier; for net gain, what counts after it"
    gross = GROSS_WORDS if serves_gross(plan) else ""
    return joined((table(caption, columns, rows), paragraph(gross, "note")))


def bank_table(plan: Plan, market: Market) -> Block:
    """Return the banks of the plan: register entry, spatial risk with its reason, cost."""
    columns = (
        Column("Bank", width=23),
        Column("Gain site register", width=13),
        Column("Spatial risk, and why", width=30),
        Column("Distance", True),
        Column("Units", True),
        Column("Cost with fee", True),
    )
    rows = [
        Row(
            (
                named(bank.name, bank.bank_id),
                market.bank(bank.bank_id).bgs_reference or "not stated",
                spatial_risk_words(bank),
                "unknown" if bank.distance_km is None else f"{bank.distance_km:,.0f} km",
                units_shown(bank.units),
                pounds(bank.units_gbp + bank.fee_gbp),
            )
        )
        for bank in plan.banks
    ]
    if rows:
        cost = sum((bank.units_gbp + bank.fee_gbp for bank in plan.banks), ZERO)
        # Units of different ledgers are never added up.
        rows.append(Row(("Together", "", "", "", "", pounds(cost)), RowKind.TOTAL))
    return table("The banks bought from, as this site sees them", columns, rows)


def check_table(plan: Plan) -> Block:
    """Return every rule as it was recomputed from the purchase alone."""
    caption = "Each rule, recomputed from the purchase by code that shares nothing with the search"
    line = paragraph(checks_line(plan), "" if plan.is_verified else "alarm")
    return joined((line, rule_table(caption, plan.checks)))


def finding_list(findings: Iterable[Finding]) -> Block:
    """Return findings as a numbered list; nothing where there are none."""
    return bullets([str(finding) for finding in findings], numbered=True)


def shown(units: float | Decimal) -> Decimal:
    """Return units to the four decimals that are shown: what is printed adds up."""
    return to_decimal(units).quantize(SHOWN, ROUND_HALF_UP)


__all__ = [
    "bank_table",
    "check_table",
    "finding_list",
    "need_table",
    "needs_met_table",
    "purchase_table",
    "shown",
]
