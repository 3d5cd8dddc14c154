"""What a portfolio buys: a verified plan for each site, the joint proof, the comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from bng_opt.errors import Finding
from bng_opt.optimiser.plan import Check, Plan, PlanStatus
from bng_opt.optimiser.text_table import RULE, Column, text_table, wrapped
from bng_opt.quantities import ZERO, pounds

if TYPE_CHECKING:
    import pandas as pd


class Notion(StrEnum):
    """By which rule the sites share the stock."""

    LEAST_COST = "least cost"
    """All sites together pay as little as can be."""
    FIRST_COME = "first come"
    """In the order given, each site takes the cheapest of what is left."""
    FAIR = "fair"
    """The site hit hardest, relative to its stand-alone cost, is hit as little as can be;
    then all together pay as little as that allows."""


@dataclass(frozen=True)
class PortfolioPlan:
    """A lawful purchase for each site, within one stock.

    Each site makes its own contract with a bank, at the contract size of its own quote, and
    pays the bank's fee for it.

    Attributes
    ----------
    plans
        The plan of each site, by name in order. A plan's own bound and gap are those of the
        site alone on the market.
    alone_gbp
        What each site would pay alone [GBP].
    bound_gbp
        No joint purchase for these sites costs less than this [GBP].
    status
        ``optimal`` when proven within the gap wished.
    contested
        The stock lines that stand-alone plans would oversell together.
    skipped
        The sites that can't be served, and why.
    checks
        The rules that hold for all sites together.
    rounds
        Rounds of prices asked; 0 where none were needed.
    """

    notion: Notion
    status: PlanStatus
    plans: Mapping[str, Plan]
    alone_gbp: Mapping[str, Decimal]
    bound_gbp: Decimal
    contested: tuple[str, ...] = ()
    skipped: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    rounds: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def total_gbp(self) -> Decimal:
        """Return what all sites pay together [GBP]."""
        return sum((plan.total_gbp for plan in self.plans.values()), ZERO)

    @property
    def gap_gbp(self) -> Decimal:
        """Return how much cheaper a joint purchase could be at most [GBP]."""
        return max(ZERO, self.total_gbp - self.bound_gbp)

    @property
    def gap_share(self) -> float:
        """Return the gap as a share of the total."""
        return float(self.gap_gbp / self.total_gbp) if self.total_gbp else 0.0

    @property
    def is_verified(self) -> bool:
        """Return whether every plan and the stock were checked, and hold."""
        each = all(plan.is_verified for plan in self.plans.values())
        return each and bool(self.checks) and all(check.ok for check in self.checks)

    def share_above_alone(self, name: str) -> float:
        """Return what a site pays above its stand-alone cost, as a share of that."""
        alone = self.alone_gbp[name]
        return float(self.plans[name].total_gbp / alone) - 1 if alone else 0.0

    @property
    def worst_share(self) -> float:
        """Return the largest share that a site pays above its stand-alone cost."""
        return max(map(self.share_above_alone, self.plans), default=0.0)

    @property
    def proof(self) -> str:
        """Return the proof in one sentence, pounds before percentages."""
        if not self.plans:
            return "Nothing is bought."
        return (
            f"No joint purchase for these sites is cheaper by more than {pounds(self.gap_gbp)} "
            f"({self.gap_share:.2%})."
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the sites as a table.

        Returns
        -------
        One row a site, columns: site, cost_gbp [GBP], alone_gbp [GBP], above_alone_gbp [GBP],
        above_alone (share), banks (their number) and units [units].
        """
        import pandas as pd

        rows = [
            {
                "site": name,
                "cost_gbp": float(plan.total_gbp),
                "alone_gbp": float(self.alone_gbp[name]),
                "above_alone_gbp": float(plan.total_gbp - self.alone_gbp[name]),
                "above_alone": self.share_above_alone(name),
                "banks": len(plan.banks),
                "units": float(sum((line.units for line in plan.purchases), ZERO)),
            }
            for name, plan in self.plans.items()
        ]
        return pd.DataFrame(rows, columns=list(FRAME_COLUMNS))

    def purchases_frame(self) -> pd.DataFrame:
        """Return every purchase of every site.

        Returns
        -------
        One row a purchase, columns: site, then those of :meth:`bng_opt.Plan.to_frame`.
        """
        import pandas as pd

        frames = [plan.to_frame().assign(site=name) for name, plan in self.plans.items()]
        if not frames:
            return pd.DataFrame(columns=["site"])
        whole = pd.concat(frames, ignore_index=True)
        return whole[["site", *(name for name in whole.columns if name != "site")]]

    def as_dict(self) -> dict[str, object]:
        """Return the portfolio as plain values."""
        return {
            "notion": self.notion.value,
            "status": self.status.value,
            "total_gbp": float(self.total_gbp),
            "bound_gbp": float(self.bound_gbp),
            "gap": float(self.gap_gbp),
            "gap_share": self.gap_share,
            "alone_gbp": {name: float(cost) for name, cost in self.alone_gbp.items()},
            "contested": list(self.contested),
            "rounds": self.rounds,
            "plans": {name: plan.as_dict() for name, plan in self.plans.items()},
            "skipped": {
                name: [finding.as_dict() for finding in findings]
                for name, findings in self.skipped.items()
            },
            "checks": [dict(vars(check)) for check in self.checks],
            "seconds": dict(self.seconds),
            "versions": dict(self.versions),
        }

    def summary(self) -> str:
        """Return the portfolio as a short report."""
        return "\n".join(_report(self))

    def __str__(self) -> str:
        return self.summary()


@dataclass(frozen=True)
class PortfolioComparison:
    """The same sites and stock under three ways to share.

    Attributes
    ----------
    least_cost, first_come, fair
        The purchase under each.
    """

    least_cost: PortfolioPlan
    first_come: PortfolioPlan
    fair: PortfolioPlan

    @property
    def each(self) -> tuple[PortfolioPlan, PortfolioPlan, PortfolioPlan]:
        """Return the three purchases."""
        return self.least_cost, self.first_come, self.fair

    def to_frame(self) -> pd.DataFrame:
        """Return each site's cost under each way to share.

        Returns
        -------
        One row a site, columns: site, alone_gbp, least_cost_gbp, first_come_gbp and fair_gbp
        [GBP]; missing where the site goes without.
        """
        import pandas as pd

        rows = [
            {
                "site": name,
                "alone_gbp": float(alone),
                **{f"{each.notion.name.lower()}_gbp": _cost(each, name) for each in self.each},
            }
            for name, alone in self.least_cost.alone_gbp.items()
        ]
        return pd.DataFrame(rows, columns=list(COMPARISON_COLUMNS))

    def summary(self) -> str:
        """Return the comparison as a short report."""
        columns = [
            Column("Shared by"),
            Column("Total", right=True),
            Column("Sites served", right=True),
            Column("Most above alone", right=True),
        ]
        rows = [
            (
                each.notion.value,
                pounds(each.total_gbp),
                str(len(each.plans)),
                f"{each.worst_share:.2%}",
            )
            for each in self.each
        ]
        return "\n".join(["Three ways to share the stock", *text_table(columns, rows)])

    def __str__(self) -> str:
        return self.summary()


FRAME_COLUMNS = (
    "site",
    "cost_gbp",
    "alone_gbp",
    "above_alone_gbp",
    "above_alone",
    "banks",
    "units",
)
"""The columns of :meth:`PortfolioPlan.to_frame`."""

COMPARISON_COLUMNS = ("site", "alone_gbp", "least_cost_gbp", "first_come_gbp", "fair_gbp")
"""The columns of :meth:`PortfolioComparison.to_frame`."""


def _cost(plan: PortfolioPlan, name: str) -> float:
    return float(plan.plans[name].total_gbp) if name in plan.plans else float("nan")


def _report(portfolio: PortfolioPlan) -> Iterator[str]:
    count = len(portfolio.plans)
    yield f"Portfolio of {count} {'site' if count == 1 else 'sites'}, {portfolio.notion.value}"
    yield f"Total {pounds(portfolio.total_gbp)}. {portfolio.proof}"
    lines = len(portfolio.contested)
    yield f"Stock lines that the sites would oversell if each bought as if alone: {lines}."
    columns = [
        Column("Site", flexible=True),
        Column("Cost", right=True),
        Column("Alone", right=True),
        Column("Above", right=True),
    ]
    rows: list[tuple[str, ...]] = [
        (
            name,
            pounds(plan.total_gbp),
            pounds(portfolio.alone_gbp[name]),
            f"{portfolio.share_above_alone(name):.2%}",
        )
        for name, plan in portfolio.plans.items()
    ]
    alone = sum((portfolio.alone_gbp[name] for name in portfolio.plans), ZERO)
    total = ("Together", pounds(portfolio.total_gbp), pounds(alone), "")
    yield from text_table(columns, [*rows, tuple(RULE), total])
    for name, findings in portfolio.skipped.items():
        for finding in findings:
            yield from wrapped(f'Left out: site "{name}": {finding}', hang=2)
