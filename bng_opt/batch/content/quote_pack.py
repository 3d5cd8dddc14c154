"""The report of many sites, each with its purchase: joint within one stock, or one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from bng_opt.batch.content.asking import given_to
from bng_opt.batch.content.blocks import (
    NOTHING,
    Block,
    Column,
    Row,
    RowKind,
    joined,
    paragraph,
    part,
    section,
    table,
    units_shown,
)
from bng_opt.batch.content.frame import Frame
from bng_opt.batch.content.many_blocks import bank_sales, failure_table, oversold, stock_table
from bng_opt.batch.content.many_outcomes import (
    Unanswered,
    joint_outcome,
    row_name,
    said,
    single_outcome,
)
from bng_opt.batch.content.outcome import Failure, Outcome
from bng_opt.batch.content.plan_blocks import finding_list, needs_met_table, purchase_table
from bng_opt.batch.content.sites import SitesAsked, read_asked
from bng_opt.errors import InfeasibleError, SolverError
from bng_opt.optimiser.plan import Plan, PlanStatus
from bng_opt.optimiser.portfolio import PortfolioPlan, PortfolioSite
from bng_opt.optimiser.report import by_ledger, checks_line, result_line
from bng_opt.quantities import ZERO, counted, pounds
from bng_opt.reference import Ledger

NAME = "quote_pack"
_KINDS = {
    True: "Biodiversity units: quotes for many sites, bought together",
    False: "Biodiversity units: quotes for many sites, one by one",
}


@dataclass(frozen=True)
class QuotePack:
    """The answers for many sites, with a method for each section of their report.

    Attributes
    ----------
    plans
        By site, in the order of the manifest; only of those that have one.
    joint
        The joint purchase; None where each site was answered by itself.
    """

    asked: SitesAsked
    plans: Mapping[str, Plan]
    joint: PortfolioPlan | None
    frame: Frame

    def opening(self) -> Block:
        """Return the result, what was asked, and the data."""
        return self.frame.opening()

    def summary(self) -> Block:
        """Return a row for each site, and their totals."""
        columns = (
            Column("Site", width=24),
            Column("Planning authority", width=20),
            *(Column(f"{ledger.value.capitalize()} units", True) for ledger in Ledger),
            Column("Banks", True),
            Column("Cost", True),
        )
        rows = [self._row(site) for site in self.asked.sites]
        rows += [Row((row_name(each), *[""] * 5, "no quote")) for each in self.asked.bad]
        sums = [sum((_units(plan, each) for plan in self.plans.values()), ZERO) for each in Ledger]
        total = sum((plan.total_gbp for plan in self.plans.values()), ZERO)
        cells = (*(units_shown(each) if each else "" for each in sums), "", pounds(total))
        rows.append(Row(("Together", "", *cells), RowKind.TOTAL))
        caption = "Units before the multiplier; fees of the banks included, before VAT"
        return section(
            "Summary",
            table(caption, columns, rows),
            part("Sites without a purchase", failure_table(self.frame.outcome)),
        )

    def _row(self, site: PortfolioSite) -> Row:
        plan = self.plans.get(site.name)
        where = ", ".join(site.site.lpas)
        if plan is None:
            return Row((site.name, where, *[""] * 4, "no quote"))
        units = [_units(plan, ledger) for ledger in Ledger]
        doubt = "" if plan.status is PlanStatus.OPTIMAL or self.joint else " (not proven)"
        return Row(
            (
                f"{site.name}{doubt}",
                where,
                *(units_shown(each) if each else "" for each in units),
                str(len(plan.banks)),
                pounds(plan.total_gbp),
            )
        )

    def stock(self) -> Block:
        """Return whether the sites' purchases fit within the stock together."""
        if self.joint is not None:
            wanted = counted(len(self.joint.contested), "stock line")
            text = (
                "All sites are served within one stock. "
                f"If each bought as if alone, {wanted} would be oversold."
            )
            return section("Stock", paragraph(text))
        lines = frozenset(oversold(self.asked.market.market, self.plans))
        if not lines:
            text = "The purchases were found one by one; together they fit within the stock."
            return section("Stock", paragraph(text))
        text = (
            "The purchases were found one by one, each as if alone on the market. Not all of them "
            "can be had: run the pack with joint=true, or reserve stock as quotes are accepted."
        )
        return section(
            "Stock",
            paragraph(text, "alarm"),
            stock_table(
                "Lines that the sites want more of than there is",
                self.asked.market.market,
                self.plans,
                lines,
            ),
        )

    def banks(self) -> Block:
        """Return what is bought from each bank, for which sites."""
        return section("What each bank sells", bank_sales(self.plans))

    def quotes(self) -> Block:
        """Return the purchase of each site."""
        return joined(self._quote(site) for site in self.asked.sites)

    def _quote(self, site: PortfolioSite) -> Block:
        plan = self.plans.get(site.name)
        if plan is None:
            return NOTHING
        site_words = "; ".join(
            line for line in site.site.describe().splitlines() if not line.endswith(": unknown")
        )
        return section(
            site.name,
            paragraph(result_line(plan), "lead"),
            paragraph(f"{plan.proof} {checks_line(plan)}"),
            paragraph(site_words, "note"),
            purchase_table(plan),
            part("How each need is met", needs_met_table(plan)),
            part("To watch", finding_list(plan.warnings)),
            part("Scenario (SHA-256)", paragraph(plan.scenario, "note")),
            new_page=True,
        )

    def ending(self) -> Block:
        """Return what the report rests on, and how to run it again."""
        return self.frame.ending()


def answer(
    *,
    manifest: str = "",
    market: str = "",
    joint: bool = True,
    mode: str = "statutory",
    size_by: str = "quote",
    max_banks: object = None,
    must_not_use: object = "",
    credits: bool = False,
    time_limit_s: object = None,
    skip_bad: bool = False,
) -> QuotePack:
    """Return the purchases of many sites; a site without one stops none of the others.

    Parameters
    ----------
    manifest
        A CSV file with a row for each site.
    market
        A folder, a workbook, or a store; ``"store"`` is that of the settings.
    joint
        Whether all sites are served within one stock at the least joint cost; otherwise each
        is answered as if alone.
    mode, size_by, max_banks, must_not_use, credits
        The wishes of every site; a row's own mode and max_banks go before.
    time_limit_s
        For the joint search, or for each site's [s].
    skip_bad
        Whether rows of the manifest that can't be used are left out, and reported.

    Raises
    ------
    InputError
        With all that is wrong in what was given.
    SolverError
        If no joint purchase was found in time.
    """
    from bng_opt.runtime.run import versions

    asked = read_asked(given_to(answer, locals()))
    plans, together, outcome = (_joint if joint else _one_by_one)(asked)
    frame = Frame(
        report=NAME,
        kind=_KINDS[bool(joint)],
        title=f"Quotes for {counted(asked.count, 'site')}",
        asked=asked.facts,
        data=asked.data,
        outcome=outcome,
        parameters=asked.given,
        versions=versions(),
        made_at=datetime.now(UTC),
        is_demonstration=asked.is_demonstration,
    )
    return QuotePack(asked, plans, together, frame)


def _joint(asked: SitesAsked) -> tuple[Mapping[str, Plan], PortfolioPlan | None, Outcome]:
    from bng_opt.runtime import explore

    plan = explore.portfolio(
        asked.sites,
        asked.market.market,
        skip_impossible=True,
        time_limit_s=asked.policy.time_limit_s,
    )
    names = [site.name for site in asked.sites if site.name in plan.plans]
    return {name: plan.plans[name] for name in names}, plan, joint_outcome(asked, plan)


def _one_by_one(asked: SitesAsked) -> tuple[Mapping[str, Plan], PortfolioPlan | None, Outcome]:
    from bng_opt.runtime import optimise

    plans: dict[str, Plan] = {}
    failed: list[Unanswered] = []
    for site in asked.sites:
        try:
            plan = optimise(site.requirement, asked.market.market, site.site, site.policy)
        except (InfeasibleError, SolverError) as error:
            failed.append((Failure(site.name, said(error.findings)), error.exit_status))
        else:
            plans[site.name] = plan
    return plans, None, single_outcome(asked, plans, failed)


def _units(plan: Plan, ledger: Ledger) -> Decimal:
    lines = dict(by_ledger(plan)).get(ledger.value, [])
    return sum((line.units for line in lines), ZERO)
