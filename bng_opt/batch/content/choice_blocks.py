"""What else could be bought, and why the plan is as it is: tables of alternatives and margins."""

from __future__ import annotations

from collections.abc import Iterator

from bng_opt.batch.content.blocks import (
    Block,
    Column,
    Row,
    bullets,
    figure,
    joined,
    named,
    paragraph,
    part,
    table,
    units_shown,
)
from bng_opt.market import Market
from bng_opt.optimiser.alternatives import Alternative, Alternatives, Verdict
from bng_opt.optimiser.baselines import Baselines
from bng_opt.optimiser.margins import Margins
from bng_opt.quantities import pounds, rate_text

MOST_OFFERS = 8
"""Offers not chosen that a report names: the nearest to being chosen; a client reads no more."""


def alternative_blocks(alternatives: Alternatives) -> Block:
    """Return the alternatives with their figure, and why some don't exist."""
    from bng_opt.figures import plot_cost_against_banks

    columns = (
        Column("Alternative", width=24),
        Column("Cost", True),
        Column("Difference from the purchase"),
    )
    items = list(_labelled(alternatives))
    rows = [Row(("The purchase above", pounds(alternatives.base.total_gbp), ""))]
    rows += [
        Row(
            (
                f"{label}{_doubt(item.verdict)}",
                item.verdict.value if item.plan is None else pounds(item.plan.total_gbp),
                item.difference if item.plan else "",
            )
        )
        for label, item in items
    ]
    missing = [f"{label}: {item.reason}" for label, item in items if item.reason]
    return joined(
        (
            figure(plot_cost_against_banks(alternatives)),
            table("Each optimised anew, lawful and verified; fees included", columns, rows),
            part("Why there is none", bullets(missing)),
        )
    )


def _labelled(alternatives: Alternatives) -> Iterator[tuple[str, Alternative]]:
    """Yield each alternative with its name; the next best are numbered, as the figure has them."""
    for question, group in alternatives.groups():
        for number, item in enumerate(group, 1):
            next_best = question == "next best" and item.plan is not None
            yield (f"Next best {number}" if next_best else item.label), item


def baseline_blocks(baselines: Baselines) -> Block:
    """Return what simpler means would cost, and what the plan saves against them."""
    columns = (
        Column("Instead", width=24),
        Column("Cost", True),
        Column("The purchase saves", True),
        Column("Share", True),
        Column("Note"),
    )
    rows = [
        Row(
            (
                row.kind.value.capitalize(),
                "not to be had" if row.total_gbp is None else pounds(row.total_gbp),
                "" if row.saving_gbp is None else pounds(row.saving_gbp),
                "" if row.saving_share is None else f"{row.saving_share:.1%}",
                row.reason,
            )
        )
        for row in baselines.rows
    ]
    return table("Held to the same law and wishes", columns, rows)


def margin_blocks(margins: Margins, market: Market) -> Block:
    """Return what one more unit costs, what binds, and the offers nearest to being chosen."""
    needs = [
        Row(
            (
                f"{need.ledger.capitalize()}: {need.target}",
                need.rule,
                units_shown(round(need.units, 4)),
                "none left" if need.marginal_gbp is None else pounds(need.marginal_gbp),
            )
        )
        for need in margins.needs
    ]
    columns = (
        Column("Need"),
        Column("May be met by"),
        Column("Units", True),
        Column("One more unit", True),
    )
    caption = "With the banks of the purchase; amounts need not be whole steps"
    return joined(
        (
            part("What one more unit would cost", table(caption, columns, needs)),
            part("What binds", bullets(rule.words for rule in margins.binding)),
            part("Why not another offer", _offer_table(margins, market)),
        )
    )


def _offer_table(margins: Margins, market: Market) -> Block:
    columns = (
        Column("Bank", width=30),
        Column("Habitat"),
        Column("Price a unit", True),
        Column("Bought below", True),
        Column("Bank's fee", True),
    )
    rows = list(_offer_rows(margins, market))
    caption = (
        "The offers nearest to being chosen, and the price per unit bought at which they would be"
    )
    rest = len(margins.thresholds) - len(rows)
    note = f"Of {rest:,} other offers none comes nearer." if rows and rest else ""
    return joined((table(caption, columns, rows), paragraph(note, "note")))


def _offer_rows(margins: Margins, market: Market) -> Iterator[Row]:
    near = [(each, each.threshold_gbp) for each in margins.thresholds]
    known = [(offer, below) for offer, below in near if below is not None]
    for offer, below in known[:MOST_OFFERS]:
        yield Row(
            (
                named(market.bank(offer.bank_id).name, offer.stock_id),
                offer.habitat,
                rate_text(offer.price_gbp),
                pounds(below),
                pounds(offer.fee_gbp),
            )
        )


def _doubt(verdict: Verdict) -> str:
    return " (not proven)" if verdict is Verdict.NOT_PROVEN else ""


__all__ = ["alternative_blocks", "baseline_blocks", "margin_blocks"]
