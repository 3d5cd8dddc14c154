"""The commands ``write-back`` and ``certify``: the purchase in the official workbook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bng_opt.cli import options as given
from bng_opt.cli.inputs import gather, read_document, read_market
from bng_opt.cli.running import interruptible, say_answer, say_written
from bng_opt.errors import ExitStatus, Finding, InputError
from bng_opt.quantities import units_text

if TYPE_CHECKING:
    from bng_opt.certificate import Certificate, FiledPlan
    from bng_opt.cli.inputs import Job
    from bng_opt.metric.project.reading import ResultsCheck
    from bng_opt.optimiser.plan import Plan


def write_back(
    ctx: typer.Context,
    plan: Annotated[
        Path, typer.Argument(help="The plan.json of the purchase.", show_default=False)
    ],
    metric: given.Metric = None,
    market: given.MarketSource = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The workbook to write.", show_default=False),
    ] = None,
    no_calculation: Annotated[
        bool,
        typer.Option("--no-calculation", help="Leave the results to whatever opens the file."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace --out if it is there.")] = False,
    as_json: given.Json = False,
) -> int:
    """Fill a purchase into the off-site sheets of the official workbook.

    Only free rows are written, everything else stays as it is. LibreOffice calculates the
    results. Exit status 3 if the workbook still finds something short.
    """
    from bng_opt.certificate import file_plan
    from bng_opt.metric.package import MAX_FILE_BYTES, read_source
    from bng_opt.optimiser.plan_document import plan_from_dict
    from bng_opt.whole_files import write_whole

    asked = gather(
        {
            "plan": lambda: plan_from_dict(read_document(plan)),
            "metric": lambda: read_source(_stated("--metric", metric), None, MAX_FILE_BYTES),
            "market": lambda: read_market(ctx.params),
            "out": lambda: _free(_stated("--out", out), metric, force=force),
        }
    )
    data, name = asked["metric"]
    with interruptible():
        filed = file_plan(asked["plan"], asked["market"], data, name, calculate=not no_calculation)
    write_whole(asked["out"], filed.data)
    say_answer(_filed_document(filed), [filed_text(filed)], as_json)
    say_written((asked["out"],), as_json)
    return ExitStatus.NO_LAWFUL_PURCHASE if filed.shortfalls else ExitStatus.DONE


def certify(
    workbook: Annotated[
        Path, typer.Argument(help="A statutory metric workbook.", show_default=False)
    ],
    as_json: given.Json = False,
) -> int:
    """Have LibreOffice recalculate a workbook, and say whether it is satisfied.

    Trading rules and unit deficits are the workbook's own; each of its results is compared with
    what our engine works out. Exit status 3 if the workbook isn't satisfied, 4 if it is and a
    result differs from ours.
    """
    from bng_opt.certificate import certify as recalculate

    with interruptible():
        found = recalculate(workbook)
    say_answer(found.as_dict(), [_certificate_text(found)], as_json)
    if not found.accepted:
        return ExitStatus.NO_LAWFUL_PURCHASE
    return ExitStatus.DONE if found.agrees else ExitStatus.NOT_PROVEN


def check_write_back(metric: Path | None, out: Path | None) -> None:
    """Refuse --write-back without what it needs, before the search.

    Raises
    ------
    InputError
        With what is missing.
    """
    gather({"metric": lambda: _stated("--metric", metric), "out": lambda: _stated("--out", out)})


def write_filed(job: Job, plan: Plan, metric: Path | None, out: Path | None, as_json: bool) -> None:
    """Write the workbook with a job's purchase beside the plan's other files."""
    from bng_opt.certificate.filing import FILED, file_plan
    from bng_opt.whole_files import write_whole

    with interruptible():
        metric = _stated("--metric", metric)
        filed = file_plan(plan, job.market, metric, requirement=job.requirement)
    path = _stated("--out", out) / FILED
    write_whole(path, filed.data)
    typer.echo(filed_text(filed), err=as_json)
    say_written((path,), as_json)


def _stated(option: str, path: Path | None) -> Path:
    if path is None:
        raise InputError(Finding(f"{option} is missing.", f"Give {option} FILE."))
    return path


def _free(out: Path, metric: Path | None, *, force: bool) -> Path:
    if metric is not None and out.exists() and metric.exists() and out.samefile(metric):
        message = "The workbook would be written over the one that it is made from."
        raise InputError(Finding(message, "Give another --out.", file=str(out)))
    if out.exists() and not force:
        raise InputError(Finding("The file is there already.", "Add --force.", file=str(out)))
    if not out.parent.is_dir():
        raise InputError(Finding("Its folder isn't there.", "Make it first.", file=str(out)))
    return out


def _filed_document(filed: FiledPlan) -> dict[str, object]:
    return {
        "accepted": not filed.shortfalls,
        "shortfalls": list(filed.shortfalls),
        "calculated": filed.is_calculated,
        "rows_added": len(filed.filled.added),
        "cells_written": [
            {"sheet": each.sheet, "cell": str(each.cell), "value": each.value}
            for each in filed.filled.written
        ],
        "findings": [finding.as_dict() for finding in filed.findings],
    }


def filed_text(filed: FiledPlan) -> str:
    """Return what was filled in, what follows, and what stands in for figures nobody stated."""
    verdict = "The workbook is satisfied: trading rules kept, no unit deficit."
    if filed.shortfalls:
        verdict = "The workbook isn't satisfied:\n  " + "\n  ".join(filed.shortfalls)
    lines = [
        f"Rows added: {len(filed.filled.added)}, cells written: {len(filed.filled.written)}.",
        verdict if filed.is_calculated else f"Worked out, not calculated yet. {verdict}",
        *(f"Note: {finding}" for finding in filed.findings),
    ]
    return "\n".join(lines)


def results_text(check: ResultsCheck) -> str:
    """Return how a workbook's results compare with what its rows give, in words."""
    lines = [
        f"Results compared with our engine: {check.compared}, largest difference "
        f"{check.largest:.1e} units.",
        *(f"  {finding}" for finding in check.differences),
    ]
    return "\n".join(lines)


def _certificate_text(found: Certificate) -> str:
    lines = [
        f"Trading rules satisfied? {found.trading}",
        *(
            f"  {each.ledger.value}: {units_text(each.required)} units required, "
            f"{units_text(each.deficit)} missing"
            for each in found.ledgers
        ),
        results_text(found.check),
        "The workbook accepts the purchase." if found.accepted else "The workbook rejects it.",
    ]
    return "\n".join(lines)
