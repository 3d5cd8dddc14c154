"""A plan as a short report that a client can read: plain text that can be copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from bng_opt.optimiser.needs import PURCHASE, needs_met
from bng_opt.optimiser.plan import BankLine, Plan, PurchaseLine
from bng_opt.optimiser.text_table import RULE, WIDTH, Column, plain, text_table, wrapped
from bng_opt.quantities import UNIT_TOLERANCE, ZERO, counted, pounds, units_text
from bng_opt.reference import Ledger

MODE_WORDS = {
    "statutory": "Statutory: trading is tested on units before the spatial risk multiplier, as "
    "the metric itself does.",
    "like_for_like": "Like for like: trading is tested on units after the spatial risk "
    "multiplier, a reading more cautious than the metric's own.",
}

NOTHING_TO_BUY = (
    "Nothing needs to be bought: the trading rules are kept and the net gain target is reached "
    "without off-site units."
)

GROSS_WORDS = (
    "A bank that states its baseline serves with its gross units, more than the net units "
    "bought; what its land loses is part of the needs."
)

_HANG = 10
"""Where the text begins that follows a word such as "Result"."""


def plan_report(plan: Plan) -> str:
    """Return the plan as a short report.

    Parameters
    ----------
    plan
        The plan, proven or not, empty or not.

    Returns
    -------
    Text of at most 100 columns: the result with its proof, the cost, the purchases, how each
    need is met, the banks, the checks and what to watch.
    """
    sections = (
        _heading(plan),
        _result(plan),
        _cost(plan),
        _purchases(plan),
        _credits(plan),
        _needs(plan),
        _banks(plan),
        _checks(plan),
        _warnings(plan),
        _footer(plan),
    )
    blocks = ("\n".join(section) for section in sections)
    return "\n\n".join(block for block in blocks if block)


def is_empty(plan: Plan) -> bool:
    """Return whether the plan buys nothing."""
    return not plan.purchases and not plan.credits


def result_line(plan: Plan) -> str:
    """Return the result in one sentence: what is bought for how much.

    Units are summed by ledger only, as the ledgers are never added up.
    """
    if is_empty(plan):
        return NOTHING_TO_BUY
    units = [f"{units_text(_units(lines))} {name} units" for name, lines in by_ledger(plan)]
    parts = []
    if units:
        banks = len({line.bank_id for line in plan.purchases})
        parts.append(f"{_listed(units)} from {counted(banks, 'bank')}")
    if plan.credits:
        credits = sum((line.credits for line in plan.credits), ZERO)
        parts.append(f"{units_text(credits)} statutory credits")
    return f"Buy {', and '.join(parts)} for {pounds(plan.total_gbp)}."


def cost_lines(plan: Plan) -> list[tuple[str, Decimal]]:
    """Return the cost by kind; the last line is the sum of those above it [GBP]."""
    lines = [("Units", _cost_of(plan.purchases))]
    if plan.credits:
        lines.append(("Statutory credits", sum((c.cost_gbp for c in plan.credits), ZERO)))
    return [*lines, ("Fees of the banks", plan.fees_gbp), ("Total", plan.total_gbp)]


def by_ledger(plan: Plan) -> list[tuple[str, list[PurchaseLine]]]:
    """Return the purchases of each ledger that has any: area, hedgerow, watercourse."""
    groups = {
        ledger.value: [line for line in plan.purchases if line.ledger == ledger]
        for ledger in Ledger
    }
    return [(name, lines) for name, lines in groups.items() if lines]


def checks_line(plan: Plan) -> str:
    """Return how many of the plan's checks hold."""
    if not plan.checks:
        return "None were made: don't rely on this plan."
    holding = sum(check.ok for check in plan.checks)
    return f"{holding} of {len(plan.checks)} rules hold, recomputed apart from the search."


def spatial_risk_words(bank: BankLine | PurchaseLine) -> str:
    """Return the spatial risk category and the reason, the category said once."""
    if bank.why.lower().startswith(bank.category.lower()):
        return bank.why[:1].upper() + bank.why[1:]
    return f"{bank.category.capitalize()}: {bank.why}"


def _listed(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]


def _units(lines: Iterable[PurchaseLine]) -> Decimal:
    return sum((line.units for line in lines), ZERO)


def _cost_of(lines: Iterable[PurchaseLine]) -> Decimal:
    return sum((line.cost_gbp for line in lines), ZERO)


def _labelled(label: str, text: str) -> list[str]:
    return wrapped(f"{label:<{_HANG - 1}} {text}", hang=_HANG)


def _heading(plan: Plan) -> Iterator[str]:
    title = plain(plan.title) or "Purchase of biodiversity units"
    yield from wrapped(title)
    yield "=" * min(len(title), WIDTH)
    for line in plan.site.splitlines():
        # The site's own warnings stand under "To watch".
        if not line.startswith("Warning: "):
            yield from wrapped(line, hang=2)


def _result(plan: Plan) -> Iterator[str]:
    yield from _labelled("Result", result_line(plan))
    yield from _labelled("Proof", plan.proof)
    yield from _labelled("Reading", MODE_WORDS.get(plan.mode, plan.mode))
    if plan.purchases:
        yield from _labelled(
            "Prices", f"Contract size {plan.contract_size}; per unit bought, no VAT added."
        )
    yield from _labelled("Checks", checks_line(plan))


def _cost(plan: Plan) -> Iterator[str]:
    if is_empty(plan):
        return
    rows: list[Sequence[str]] = [(name, pounds(amount)) for name, amount in cost_lines(plan)]
    yield from text_table((Column("Cost"), Column("", right=True)), [*rows[:-1], RULE, rows[-1]])


def _purchases(plan: Plan) -> Iterator[str]:
    if not plan.purchases:
        return
    columns = (
        Column("Bank", flexible=True),
        Column("Habitat bought", flexible=True),
        *(Column(name, right=True) for name in ("Units", "Multiplier", "Counts as")),
        *(Column(name, right=True) for name in ("Per unit", "Cost")),
    )
    rows: list[Sequence[str]] = []
    groups = by_ledger(plan)
    for ledger, lines in groups:
        rows += map(_purchase_row, lines)
        delivered = sum((line.delivered_units for line in lines), ZERO)
        sums = (units_text(_units(lines)), "", f"{delivered:.4f}", "", pounds(_cost_of(lines)))
        rows += [RULE, ("", f"Sum of {ledger} units", *sums)]
        rows += [("",) * len(columns)] if len(groups) > 1 else []
    if len(groups) > 1:
        rows.append(("", "Sum", "", "", "", "", pounds(_cost_of(plan.purchases))))
    yield "Purchases"
    yield from text_table(columns, rows)


def _purchase_row(line: PurchaseLine) -> Sequence[str]:
    return (
        line.bank_id,
        line.habitat,
        units_text(line.units),
        f"{line.srm:f}",
        f"{line.delivered_units:.4f}",
        pounds(line.price_gbp),
        pounds(line.cost_gbp),
    )


def _credits(plan: Plan) -> Iterator[str]:
    if not plan.credits:
        return
    columns = (
        Column("Ledger"),
        Column("Tier"),
        *(Column(name, right=True) for name in ("Units short", "Credits", "Per credit", "Cost")),
    )
    rows: list[Sequence[str]] = [
        (
            line.ledger,
            line.tier,
            units_text(line.units),
            units_text(line.credits),
            pounds(line.price_gbp),
            pounds(line.cost_gbp),
        )
        for line in plan.credits
    ]
    cost = sum((line.cost_gbp for line in plan.credits), ZERO)
    yield "Statutory credits"
    yield from text_table(columns, [*rows, RULE, ("Sum", "", "", "", "", pounds(cost))])


def _needs(plan: Plan) -> Iterator[str]:
    needs = needs_met(plan)
    if not needs:
        return
    yield "How each need is met"
    yield "  Units before the multiplier; for net gain, what counts after it."
    if serves_gross(plan):
        yield from wrapped(GROSS_WORDS, indent=2)
    for need in needs:
        yield from wrapped(f"{_pointed(need.units):>10}  {need.title} ({need.rule})", hang=12)
        for source in need.sources:
            yield from wrapped(f"{_pointed(source.units):>14}  {source.words}", hang=16)


def serves_gross(plan: Plan) -> bool:
    """Return whether a purchase serves with more than its net units."""
    return any(_serves_gross(plan, line) for line in plan.purchases)


def _serves_gross(plan: Plan, line: PurchaseLine) -> bool:
    uses = [use for use in plan.uses if use.source_kind == PURCHASE and use.source == line.stock_id]
    return sum(use.units for use in uses) > float(line.units) + UNIT_TOLERANCE


def _pointed(units: Decimal) -> str:
    """Return units so that decimal points stand under one another when set to the right."""
    text = units_text(units)
    return text if len(text.partition(".")[2]) > len("00") else f"{text}  "


def _banks(plan: Plan) -> Iterator[str]:
    if not plan.banks:
        return
    columns = (
        Column("Bank", flexible=True),
        Column("Name and place", flexible=True),
        *(Column(name, right=True) for name in ("Distance", "Units", "Fee", "Cost with fee")),
    )
    rows: list[Sequence[str]] = [
        (
            bank.bank_id,
            f"{bank.name}. {spatial_risk_words(bank)}",
            "unknown" if bank.distance_km is None else f"{bank.distance_km:,.0f} km",
            units_text(bank.units),
            pounds(bank.fee_gbp),
            pounds(bank.units_gbp + bank.fee_gbp),
        )
        for bank in plan.banks
    ]
    cost = sum((bank.units_gbp + bank.fee_gbp for bank in plan.banks), ZERO)
    yield "Banks"
    last = ("Sum", "", "", "", pounds(plan.fees_gbp), pounds(cost))
    yield from text_table(columns, [*rows, RULE, last])


def _checks(plan: Plan) -> Iterator[str]:
    broken = [check for check in plan.checks if not check.ok]
    if broken:
        yield "Broken rules"
    for check in broken:
        yield from wrapped(f"{check.rule}: {check.detail}", indent=2, hang=2)


def _warnings(plan: Plan) -> Iterator[str]:
    if plan.warnings:
        yield "To watch"
    for number, warning in enumerate(plan.warnings, 1):
        yield from wrapped(f"{number:>3}. {warning}", hang=5)


def _footer(plan: Plan) -> Iterator[str]:
    if plan.scenario:
        yield from _labelled("Scenario", plan.scenario)
    if plan.versions:
        made = ", ".join(f"{name} {version}" for name, version in plan.versions.items())
        yield from _labelled("Made by", made)
