"""The report of many sites that share one stock: the least joint cost, beside other ways."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bng_opt.batch.content.asking import given_to
from bng_opt.batch.content.blocks import (
    Block,
    Column,
    Row,
    RowKind,
    figure,
    joined,
    paragraph,
    section,
    table,
)
from bng_opt.batch.content.frame import Frame
from bng_opt.batch.content.many_blocks import bank_sales, failure_table, rule_table, stock_table
from bng_opt.batch.content.many_outcomes import joint_outcome
from bng_opt.batch.content.plan_blocks import finding_list
from bng_opt.batch.content.sites import SitesAsked, read_asked
from bng_opt.optimiser.portfolio import PortfolioComparison, PortfolioPlan
from bng_opt.quantities import ZERO, counted, pounds

NAME = "portfolio"
_WAYS = {
    "least cost": "Least joint cost",
    "first come": "First come, first served",
    "fair": "Fairest sharing",
}
_WAY_WORDS = (
    "Least joint cost: all sites together pay as little as can be. First come, first served: in "
    "the order of the manifest each site takes the cheapest of what is left. Fairest sharing: the "
    "site hit hardest, relative to its cost alone, is hit as little as can be."
)


@dataclass(frozen=True)
class PortfolioReport:
    """The answer for many sites, with a method for each section of its report."""

    asked: SitesAsked
    comparison: PortfolioComparison
    frame: Frame

    @property
    def plan(self) -> PortfolioPlan:
        """Return the least joint cost."""
        return self.comparison.least_cost

    def opening(self) -> Block:
        """Return the result, what was asked, and the data."""
        return self.frame.opening()

    def sites(self) -> Block:
        """Return what each site pays, beside what it would pay alone."""
        columns = (
            Column("Site", width=30),
            Column("Banks", True),
            Column("Cost", True),
            Column("Alone on the market", True),
            Column("Above", True),
            Column("Share", True),
        )
        plan = self.plan
        rows = [
            Row(
                (
                    name,
                    str(len(each.banks)),
                    pounds(each.total_gbp),
                    pounds(plan.alone_gbp[name]),
                    pounds(each.total_gbp - plan.alone_gbp[name]),
                    f"{plan.share_above_alone(name):.2%}",
                )
            )
            for name, each in plan.plans.items()
        ]
        alone = sum((plan.alone_gbp[name] for name in plan.plans), ZERO)
        above = plan.total_gbp - alone
        share = f"{above / alone:.2%}" if alone else ""
        total = ("", pounds(plan.total_gbp), pounds(alone), pounds(above), share)
        rows += [Row(("Together", *total), RowKind.TOTAL)] if rows else []
        return section(
            "What each site pays",
            table("Fees of the banks included, before VAT", columns, rows),
            paragraph(_alone_words(self.plan), "note"),
        )

    def ways(self) -> Block:
        """Return the three ways to share the stock, with their figure."""
        from bng_opt.figures import plot_sharing

        columns = (
            Column("Shared by", width=30),
            Column("Total", True),
            Column("Sites served", True),
            Column("Most above alone", True),
        )
        rows = [
            Row(
                (
                    _WAYS[each.notion.value],
                    pounds(each.total_gbp),
                    f"{len(each.plans)} of {self.asked.count}",
                    f"{each.worst_share:.2%}",
                )
            )
            for each in self.comparison.each
        ]
        return section(
            "Three ways to share the stock",
            table("Each lawful for every site, and within the stock", columns, rows),
            paragraph(_WAY_WORDS, "note"),
            self._costs(),
            figure(plot_sharing(self.comparison)),
        )

    def _costs(self) -> Block:
        columns = (
            Column("Site", width=30),
            Column("Alone", True),
            *(Column(_WAYS[each.notion.value], True) for each in self.comparison.each),
        )
        rows = [
            Row((name, pounds(alone), *(_cost(each, name) for each in self.comparison.each)))
            for name, alone in self.plan.alone_gbp.items()
        ]
        return table("What each site pays under each way", columns, rows)

    def stock(self) -> Block:
        """Return the stock lines that the sites would oversell if each bought as if alone."""
        if not self.plan.contested:
            return section(
                "Stock that several sites want",
                paragraph("None: the sites' own purchases fit beside each other."),
            )
        caption = "Lines that would be oversold if each site bought as if alone"
        market, lines = self.asked.market.market, self.plan.contested
        return section(
            "Stock that several sites want", stock_table(caption, market, self.plan.plans, lines)
        )

    def banks(self) -> Block:
        """Return what is bought from each bank, for which sites."""
        return section("What each bank sells", bank_sales(self.plan.plans))

    def left_out(self) -> Block:
        """Return the sites without a purchase, and why."""
        return section("Sites without a purchase", failure_table(self.frame.outcome))

    def checks(self) -> Block:
        """Return the proof, and the rules that hold for all sites together."""
        each = sum(len(plan.checks) for plan in self.plan.plans.values())
        words = f"Beside these, {each} rules were recomputed for the sites one by one"
        ending = ", and all hold." if self.plan.is_verified else "; not all of the rules hold."
        watch = [w for plan in self.plan.plans.values() for w in plan.warnings]
        return joined(
            (
                section(
                    "Proof and checks",
                    paragraph(self.plan.proof),
                    rule_table("Rules for all sites together", self.plan.checks),
                    paragraph(words + ending, "note" if self.plan.is_verified else "alarm"),
                ),
                section("To watch", finding_list(dict.fromkeys(watch))),
            )
        )

    def ending(self) -> Block:
        """Return what the report rests on, and how to run it again."""
        return self.frame.ending()


def answer(
    *,
    manifest: str = "",
    market: str = "",
    mode: str = "statutory",
    size_by: str = "quote",
    max_banks: object = None,
    must_not_use: object = "",
    credits: bool = False,
    time_limit_s: object = None,
    skip_bad: bool = False,
) -> PortfolioReport:
    """Return the least joint cost of many sites, beside other ways to share the stock.

    Parameters
    ----------
    manifest
        A CSV file with a row for each site.
    market
        A folder, a workbook, or a store; ``"store"`` is that of the settings.
    mode, size_by, max_banks, must_not_use, credits
        The wishes of every site; a row's own mode and max_banks go before.
    time_limit_s
        For the whole search [s].
    skip_bad
        Whether rows of the manifest that can't be used are left out, and reported.

    Raises
    ------
    InputError
        With all that is wrong in what was given.
    SolverError
        If no joint purchase was found in time.
    """
    from bng_opt.runtime import explore
    from bng_opt.runtime.run import versions

    asked = read_asked(given_to(answer, locals()))
    comparison = explore.compare_portfolio(
        asked.sites,
        asked.market.market,
        skip_impossible=True,
        time_limit_s=asked.policy.time_limit_s,
    )
    frame = Frame(
        report=NAME,
        kind="Biodiversity units: many sites, one stock",
        title=f"Portfolio of {counted(asked.count, 'site')}",
        asked=asked.facts,
        data=asked.data,
        outcome=joint_outcome(asked, comparison.least_cost),
        parameters=asked.given,
        versions=versions(),
        made_at=datetime.now(UTC),
        is_demonstration=asked.is_demonstration,
    )
    return PortfolioReport(asked, comparison, frame)


def _alone_words(plan: PortfolioPlan) -> str:
    lines = len(plan.contested)
    if not lines:
        return "The sites' own cheapest purchases fit within the stock together."
    wanted = counted(lines, "stock line")
    return f"Not all of the sites can buy as if alone: {wanted} would be oversold."


def _cost(plan: PortfolioPlan, name: str) -> str:
    return pounds(plan.plans[name].total_gbp) if name in plan.plans else "goes without"
