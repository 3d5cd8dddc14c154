"""The commands of ``bng-opt``: understand the options, call the package, print.

Results go to stdout; errors and logs go to stderr, and with ``--json`` stdout holds one JSON
object and nothing else. Exit statuses are :class:`bng_opt.errors.ExitStatus`.
"""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bng_opt import __version__
from bng_opt.cli import (
    api,
    cache,
    certificate,
    dashboard,
    db,
    demo,
    doctor,
    explore,
    health,
    jobs,
    market,
    people,
    portfolio,
    quote,
    report,
    schedule,
)
from bng_opt.cli import options as given
from bng_opt.cli.inputs import as_stated, read_document, read_job
from bng_opt.cli.running import (
    find_plan,
    say_answer,
    say_error,
    say_usage_error,
    show_plan,
    stopped,
)
from bng_opt.errors import BngOptError, ExitStatus, Finding, InputError

_UsageError: Any = typer.BadParameter.__base__
"""typer brings its own copy of click or uses the installed one, depending on its version."""

_INTERRUPTED = 130
"""What newer versions of typer make of Ctrl-C; older ones abort."""

_log = logging.getLogger(__name__)

app = typer.Typer(
    name="bng-opt",
    epilog=given.EPILOG,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class UnexpectedError(BngOptError):
    """Something that no check foresaw: a bug."""


def run_command(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status.

    Parameters
    ----------
    arguments
        What follows ``bng-opt``.
    """
    as_json = "--json" in arguments
    if "--help" not in arguments:
        _set_up_logs()
    try:
        status = app(list(arguments), prog_name="bng-opt", standalone_mode=False)
        if status == _INTERRUPTED:
            return say_error(stopped(), as_json)
        return int(status or ExitStatus.DONE)
    except BngOptError as error:
        return say_error(error, as_json)
    except _UsageError as error:
        return say_usage_error(error, as_json)
    except (typer.Abort, KeyboardInterrupt):
        return say_error(stopped(), as_json)
    except Exception as error:
        if os.environ.get("BNG_OPT_DEBUG") == "1":
            traceback.print_exc()
        remedy = "Please report it with the command and its files; BNG_OPT_DEBUG=1 shows where."
        finding = Finding(f"Unexpected {type(error).__name__}: {error}.", remedy)
        return say_error(UnexpectedError(finding), as_json)


def _set_up_logs() -> None:
    from bng_opt.logs import set_up_logging
    from bng_opt.settings import Settings

    try:
        set_up_logging(Settings())
    except InputError:
        # Commands that need the settings refuse them themselves, with all that is wrong.
        set_up_logging()
        _log.warning(
            "The settings can't be read, so logs are as shipped; bng-opt settings says why."
        )


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bng-opt {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Find the cheapest lawful purchase of biodiversity units, and prove it."""


@app.command(epilog=given.EPILOG, short_help="Say what a metric workbook still lacks.")
def metric(
    file: Annotated[Path, typer.Argument(help="A statutory metric workbook.", show_default=False)],
    check: Annotated[
        bool, typer.Option("--check", help="Compare each result with what the rows give.")
    ] = False,
    as_json: given.Json = False,
) -> int:
    """Say what a metric workbook still lacks, ledger by ledger.

    With --check each result is worked out anew from the workbook's rows: one that was typed
    over, or left stale, is named by its cell (exit status 4).
    """
    import bng_opt

    requirement = bng_opt.read_metric(file)
    document, texts = requirement.as_dict(), [requirement.summary()]
    status = ExitStatus.DONE
    if check:
        from bng_opt.metric.project.reading import check_results

        found = check_results(file)
        document |= found.as_dict()
        texts.append(certificate.results_text(found))
        status = ExitStatus.NOT_PROVEN if found.differences else ExitStatus.DONE
    say_answer(document, texts, as_json)
    return status


@app.command(
    cls=given.SeveralValues,
    epilog=given.EPILOG,
    short_help="Find the cheapest lawful purchase.",
)
def optimise(
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
    no_cache: given.NoCache = False,
    progress: given.ShowProgress = False,
    out: given.Out = None,
    write_back: given.WriteBack = False,
    as_json: given.Json = False,
) -> int:
    """Find the cheapest lawful purchase for a site, with its proof.

    Ctrl-C ends the search with the best plan found so far (exit status 4).
    """
    if write_back:
        certificate.check_write_back(metric, out)
    job, plan = find_plan(ctx.params, progress=progress)
    show_plan(plan, out, as_json)
    if write_back:
        certificate.write_filed(job, plan, metric, out, as_json)
    return ExitStatus.DONE if plan.status.value == "optimal" else ExitStatus.NOT_PROVEN


@app.command(
    cls=given.SeveralValues, epilog=given.EPILOG, short_help="Check a plan by whoever made it."
)
def verify(
    ctx: typer.Context,
    plan: Annotated[Path, typer.Argument(help="A plan.json, by whoever made it.")],
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
    quoted: given.Quoted = None,
    as_json: given.Json = False,
) -> int:
    """Check a plan by whoever made it; exit status 3 if it breaks a rule.

    Without --mode and --size-by the plan is checked as it says it was made.
    """
    from bng_opt.optimiser.verify import Claim
    from bng_opt.optimiser.verify import verify as recompute
    from bng_opt.output import checks_text, to_json

    document = read_document(plan)
    job = read_job({**ctx.params, **as_stated(document, ctx.params)})
    claim = Claim.from_dict(document)
    checks = recompute(claim, job.requirement, job.market, job.site, job.policy)
    lawful = all(check.ok for check in checks)
    read_as = {"mode": job.policy.mode.value, "size_by": job.policy.size_by.value}
    if as_json:
        rows = [vars(check) for check in checks]
        typer.echo(to_json({"ok": lawful, **read_as, "checks": rows}, ascii_only=True))
    else:
        typer.echo(f"Checked as mode {read_as['mode']}, contract size by {read_as['size_by']}.")
        typer.echo(checks_text(checks))
    return ExitStatus.DONE if lawful else ExitStatus.NO_LAWFUL_PURCHASE


for _command, _short in (
    (explore.alternatives, "Say what else could be bought, and its cost."),
    (explore.sensitivity, "Say how the cost moves with what it hangs on."),
    (portfolio.portfolio, "Find the least joint cost of many sites."),
):
    app.command(cls=given.SeveralValues, epilog=given.EPILOG, short_help=_short)(_command)


for _group, _name, _short in (
    (market.app, "market", "Import, export and show the store's market."),
    (quote.app, "quote", "Quote, reserve and sell."),
    (people.user_app, "user", "Who may sign in."),
    (people.customer_app, "customer", "Who buys."),
    (people.introducer_app, "introducer", "Who brings customers, on which terms."),
    (db.app, "db", "Upgrade, check and back up the store."),
    (jobs.app, "job", "Work in the background."),
    (cache.app, "cache", "Show and drop the plans that are kept."),
    (schedule.app, "schedule", "Make reports at set times, and hand them over."),
):
    app.add_typer(_group, name=_name, short_help=_short, help=_short)


app.command(epilog=given.EPILOG, short_help="See that everything works, or how to mend it.")(
    doctor.doctor
)
app.command(epilog=given.EPILOG, short_help="Say how the program is set.")(doctor.settings)
app.command(epilog=given.EPILOG, short_help="Ask what serves whether it is well.")(health.health)
app.command(epilog=given.EPILOG, short_help="Fill a purchase into the official workbook.")(
    certificate.write_back
)
app.command(epilog=given.EPILOG, short_help="Have the workbook judge itself.")(certificate.certify)
app.command(epilog=given.EPILOG, short_help="Make reports from notebooks.")(report.report)
app.command("app", epilog=given.EPILOG, short_help="Serve the dashboard.")(dashboard.dashboard)
app.command(epilog=given.EPILOG, short_help="Run the service for programs.")(api.api)
app.command(epilog=given.EPILOG, short_help="Do the main job on the demonstration.")(demo.demo)
