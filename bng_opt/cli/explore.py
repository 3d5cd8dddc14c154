"""The commands that look around a plan: ``alternatives`` and ``sensitivity``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

import typer

from bng_opt.cli import options as given
from bng_opt.cli.inputs import gather, read_job
from bng_opt.cli.numbers import read_bank_factors, read_factors, read_jobs, read_whole
from bng_opt.cli.running import check_folder, interruptible, say_answer, say_written, search
from bng_opt.errors import ExitStatus

if TYPE_CHECKING:
    from bng_opt.optimiser.alternatives import Verdict
    from bng_opt.optimiser.plan import Plan

_NEXT_BEST = 3


def alternatives(
    ctx: typer.Context,
    metric: given.Metric = None,
    requirement: given.Table = None,
    market: given.MarketSource = None,
    lpa: given.Lpa = None,
    nca: given.Nca = None,
    postcode: given.Postcode = None,
    point: given.Point = None,
    grid_reference: given.GridReference = None,
    waterbody: given.Waterbody = None,
    operational_catchment: given.Catchment = None,
    marine_plan_area: given.Marine = None,
    neighbour: given.Neighbour = None,
    not_neighbour: given.NotNeighbour = None,
    mode: given.Mode = None,
    size_by: given.SizeBy = None,
    max_banks: given.MaxBanks = None,
    min_units_per_bank: given.MinUnits = None,
    market_step: given.Step = None,
    must_use: given.MustUse = None,
    must_not_use: given.MustNotUse = None,
    credits: given.Credits = False,
    quoted: given.Quoted = None,
    gap_gbp: given.Gap = None,
    time_limit: given.TimeLimit = None,
    count: given.Count = None,
    jobs: given.Jobs = None,
    out: given.Out = None,
    as_json: given.Json = False,
) -> int:
    """Say what else could be bought, what one more unit costs, and what the plan saves.

    Fewer banks, only local ones, without each bank of the plan, the next best; the marginal
    cost of each need and the rules that bind; like for like, cheapest first, a single bank and
    statutory credits beside the plan. Every alternative is a lawful, verified plan.
    """
    from bng_opt.runtime import explore

    asked = gather(
        {
            "folder": lambda: check_folder(ctx.params),
            "job": lambda: read_job(ctx.params),
            "count": lambda: read_whole("--count", count, _NEXT_BEST),
            "jobs": lambda: read_jobs(jobs),
        }
    )
    job, n_jobs = asked["job"], asked["jobs"]
    plan = search(job, keep_best=False)
    scenario = (job.requirement, job.market, job.site, job.policy)
    with interruptible():
        found = explore.alternatives(*scenario, plan=plan, n_best=asked["count"], n_jobs=n_jobs)
        margins = explore.margins(*scenario, plan=plan)
        baselines = explore.baselines(*scenario, plan=plan, n_jobs=n_jobs)
    document = {
        "status": plan.status.value,
        "alternatives": found.as_dict(),
        "margins": margins.as_dict(),
        "baselines": baselines.as_dict(),
        "plan": plan.as_dict(),
    }
    say_answer(
        document, [plan.proof, found.summary(), baselines.summary(), margins.summary()], as_json
    )
    if out:
        from bng_opt.figures import plot_cost_against_banks, plot_map
        from bng_opt.output.answers import write_answer

        figures = {
            "cost_against_banks.png": plot_cost_against_banks(found),
            "map.png": plot_map(plan, job.market, job.site),
        }
        tables = {"alternatives.csv": found.to_frame()}
        say_written(write_answer(out, {"alternatives.json": document}, tables, figures), as_json)
    verdicts = (item.verdict for _, items in found.groups() for item in items)
    return _status(plan, verdicts)


def sensitivity(
    ctx: typer.Context,
    metric: given.Metric = None,
    requirement: given.Table = None,
    market: given.MarketSource = None,
    lpa: given.Lpa = None,
    nca: given.Nca = None,
    postcode: given.Postcode = None,
    point: given.Point = None,
    grid_reference: given.GridReference = None,
    waterbody: given.Waterbody = None,
    operational_catchment: given.Catchment = None,
    marine_plan_area: given.Marine = None,
    neighbour: given.Neighbour = None,
    not_neighbour: given.NotNeighbour = None,
    mode: given.Mode = None,
    size_by: given.SizeBy = None,
    max_banks: given.MaxBanks = None,
    min_units_per_bank: given.MinUnits = None,
    market_step: given.Step = None,
    must_use: given.MustUse = None,
    must_not_use: given.MustNotUse = None,
    credits: given.Credits = False,
    quoted: given.Quoted = None,
    gap_gbp: given.Gap = None,
    time_limit: given.TimeLimit = None,
    need: given.NeedFactors = None,
    prices: given.PriceFactors = None,
    bank_stock: given.BankStock = None,
    jobs: given.Jobs = None,
    out: given.Out = None,
    as_json: given.Json = False,
) -> int:
    """Say how the least cost moves with the need, the prices or a bank's stock.

    Every change is optimised anew and proven. Without --need, --prices and --bank-stock the
    usual factors are tried on all three; with any of them only what is asked for.
    """
    from bng_opt.runtime import explore

    asked = gather(
        {
            "folder": lambda: check_folder(ctx.params),
            "job": lambda: read_job(ctx.params),
            "need": lambda: need and read_factors("--need", need),
            "prices": lambda: prices and read_factors("--prices", prices, zero=False),
            "bank_stock": lambda: bank_stock and read_bank_factors(bank_stock),
            "n_jobs": lambda: read_jobs(jobs),
        }
    )
    _, job = asked.pop("folder"), asked.pop("job")
    gather({bank: partial(job.market.bank, bank) for bank in asked["bank_stock"] or ()})
    plan = search(job, keep_best=False)
    with interruptible():
        found = explore.sensitivity(
            job.requirement, job.market, job.site, job.policy, plan=plan, **asked
        )
    document = {"status": plan.status.value, **found.as_dict(), "plan": plan.as_dict()}
    say_answer(document, [plan.proof, found.summary()], as_json)
    if out:
        from bng_opt.figures import plot_sensitivity
        from bng_opt.output.answers import write_answer

        figures = {"sensitivity.png": plot_sensitivity(found)}
        tables = {"sensitivity.csv": found.to_frame()}
        say_written(write_answer(out, {"sensitivity.json": document}, tables, figures), as_json)
    return _status(plan, (row.answer.verdict for row in found.rows))


def _status(plan: Plan, verdicts: Iterable[Verdict]) -> int:
    """Return "done" if the plan and every answer is proven; that none exists can be, too."""
    proven = plan.status.value == "optimal" and all(
        verdict.value in ("proven", "impossible") for verdict in verdicts
    )
    return ExitStatus.DONE if proven else ExitStatus.NOT_PROVEN
