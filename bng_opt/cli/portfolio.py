"""The command ``portfolio``: many sites, one stock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bng_opt.batch.manifest import read_manifest
from bng_opt.cli import options as given
from bng_opt.cli.inputs import Params, gather, read_market, read_policy, read_wishes
from bng_opt.cli.numbers import read_jobs, read_share
from bng_opt.cli.running import check_folder, interruptible, say_answer, say_written
from bng_opt.errors import ExitStatus, InputError

if TYPE_CHECKING:
    import pandas as pd

    from bng_opt.optimiser.portfolio import PortfolioComparison, PortfolioPlan, PortfolioSite


def portfolio(
    ctx: typer.Context,
    manifest: Annotated[
        Path, typer.Argument(help="A CSV file with a row for each site.", show_default=False)
    ],
    market: given.MarketSource = None,
    mode: given.Mode = None,
    size_by: given.SizeBy = None,
    max_banks: given.MaxBanks = None,
    min_units_per_bank: given.MinUnits = None,
    market_step: given.Step = None,
    must_not_use: given.MustNotUse = None,
    credits: given.Credits = False,
    quoted: given.Quoted = None,
    time_limit: given.TimeLimit = None,
    skip_impossible: given.SkipImpossible = False,
    gap: given.GapShare = None,
    compare: given.Compare = False,
    jobs: given.Jobs = None,
    out: given.Out = None,
    as_json: given.Json = False,
) -> int:
    """Find the least joint cost of many sites that share one market's stock.

    Columns of the manifest: name; metric or requirement (a path from the manifest's folder);
    lpa and nca, or postcode, or lat and lon; waterbody, operational_catchment; mode and
    max_banks, which go before the options here. Names in one cell are separated by ";".
    """
    from bng_opt.runtime import explore

    asked = gather(
        {
            "folder": lambda: check_folder(ctx.params),
            "sites": lambda: _read_sites(manifest, ctx.params),
            "market": lambda: read_market(ctx.params),
            "gap": lambda: read_share("--gap", gap),
            "jobs": lambda: read_jobs(jobs),
        }
    )
    sites: tuple[PortfolioSite, ...] = asked["sites"]
    effort: dict[str, Any] = {
        "gap_share": asked["gap"],
        "skip_impossible": skip_impossible,
        "time_limit_s": sites[0].policy.time_limit_s,
        "n_jobs": asked["jobs"],
    }
    comparison: PortfolioComparison | None = None
    with interruptible():
        if compare:
            comparison = explore.compare_portfolio(sites, asked["market"], **effort)
            plan = comparison.least_cost
        else:
            plan = explore.portfolio(sites, asked["market"], **effort)
    document = plan.as_dict()
    texts = [plan.summary()]
    if comparison is not None:
        document["compared"] = _compared(comparison)
        texts.append(comparison.summary())
    say_answer(document, texts, as_json)
    if out:
        from bng_opt.output.answers import write_answer

        tables = _tables(plan, comparison)
        say_written(write_answer(out, {"portfolio.json": document}, tables, {}), as_json)
    return ExitStatus.DONE if plan.status.value == "optimal" else ExitStatus.NOT_PROVEN


def _read_sites(manifest: Path, params: Params) -> tuple[PortfolioSite, ...]:
    """Read the manifest; wrong wishes on the command line are said once, not for every row."""
    checked = gather(
        {
            "policy": lambda: read_policy(params),
            "sites": lambda: read_manifest(manifest, _sound_wishes(params)),
        }
    )
    sites: tuple[PortfolioSite, ...] = checked["sites"]
    return sites


def _sound_wishes(params: Params) -> dict[str, Any]:
    """Return the wishes typed, none if any can't be: that is said elsewhere."""
    try:
        read_policy(params)
    except InputError:
        return {}
    return read_wishes(params)


def _compared(comparison: PortfolioComparison) -> dict[str, object]:
    """Return the other ways to share as plain values."""
    return {
        each.notion.value.replace(" ", "_"): each.as_dict()
        for each in (comparison.first_come, comparison.fair)
    }


def _tables(plan: PortfolioPlan, comparison: PortfolioComparison | None) -> dict[str, pd.DataFrame]:
    tables = {"sites.csv": plan.to_frame(), "purchases.csv": plan.purchases_frame()}
    if comparison is not None:
        tables["comparison.csv"] = comparison.to_frame()
    return tables
