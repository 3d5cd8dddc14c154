"""The command ``report``: make reports from notebooks, one or many."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bng_opt.cli import options as given
from bng_opt.cli.inputs import gather
from bng_opt.cli.running import say_answer
from bng_opt.cli.store import StoreOption, settings_of
from bng_opt.errors import BngOptError, ExitStatus, Finding, InputError, SolverError

if TYPE_CHECKING:
    from bng_opt.batch import BatchRun, Report, ReportRequest
    from bng_opt.settings import Settings

_FORMATS = "ipynb,html,pdf"


def _option(name: str, text: str, metavar: str) -> Any:
    return typer.Option(name, help=text, metavar=metavar, show_default=False)


def report(
    name: Annotated[
        str | None,
        typer.Argument(help="A report, or a notebook's path. Without: list.", show_default=False),
    ] = None,
    param: Annotated[
        list[str] | None, _option("--param", "A parameter; may be repeated.", "NAME=VALUE")
    ] = None,
    params: Annotated[
        Path | None, _option("--params", "Parameters from JSON, TOML or YAML.", "FILE")
    ] = None,
    manifest: Annotated[
        Path | None,
        _option("--manifest", "A row for each run: name, and parameters as columns.", "CSV"),
    ] = None,
    title: Annotated[
        str, _option("--title", "What the run is called, and its files.", "TEXT")
    ] = "",
    out: Annotated[
        Path, typer.Option("--out", help="Where the reports go.", metavar="FOLDER")
    ] = Path("out"),
    formats: Annotated[
        str, typer.Option("--format", help="What they are made as.", metavar="LIST")
    ] = _FORMATS,
    jobs: Annotated[
        int | None, typer.Option("--jobs", help="So many at a time.", min=1, show_default=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Make again what hasn't changed.")] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Go on without rows that can't be used.")
    ] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="List the reports with their parameters.")
    ] = False,
    store: StoreOption = None,
    as_json: given.Json = False,
) -> int:
    """Make a report as notebook, web page and PDF; with a manifest one for each row.

    What was made before of the same inputs stays. index.html lists all and says what failed. The
    exit status is the worst of the runs' own; rows that were left out are bad input.
    """
    if listed or name is None:
        return _say_reports(name, as_json)
    from bng_opt.batch import run_batch
    from bng_opt.cli.run_progress import RunProgress

    settings = settings_of(store)
    request = _read(name, param, params, manifest, title, skip_bad, settings)
    with RunProgress(len(request.runs)) as progress, _ended_gently():
        try:
            batch = run_batch(
                request,
                out,
                formats=[part.strip() for part in formats.split(",") if part.strip()],
                settings=settings,
                jobs=jobs,
                force=force,
                on_done=progress.tell,
            )
        except KeyboardInterrupt:
            raise _stopped(out) from None
    say_answer({"folder": str(batch.folder), **batch.as_dict()}, _texts(batch), as_json)
    return batch.status


def _read(
    name: str,
    param: list[str] | None,
    params: Path | None,
    manifest: Path | None,
    title: str,
    skip_bad: bool,
    settings: Settings,
) -> ReportRequest:
    from bng_opt.batch import find_report, read_request
    from bng_opt.batch.parameter_files import read_parameter_file
    from bng_opt.batch.parameter_values import rooted_parameters

    typed = gather(
        {
            "report": lambda: find_report(name),
            "file": lambda: read_parameter_file(params) if params else {},
            "pairs": lambda: _pairs(param or []),
        }
    )
    known, folder = typed["report"].parameters, (params or Path()).parent
    parameters = {**rooted_parameters(known, typed["file"], folder.absolute()), **typed["pairs"]}
    return read_request(
        name, parameters, manifest=manifest, title=title, skip_bad=skip_bad, settings=settings
    )


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    findings = [
        Finding(f'--param "{name}" gives no value.', "Write it as NAME=VALUE.")
        for name, equals, _ in pairs
        if not (equals and name.strip())
    ]
    names = [name.strip() for name, _, _ in pairs]
    findings += [
        Finding(f"--param gives {name} twice.", "Give it once; several names in one, with ;.")
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    if findings:
        raise InputError(findings)
    return {name.strip(): value for name, _, value in pairs}


def _say_reports(name: str | None, as_json: bool) -> int:
    from bng_opt.batch import find_report, list_reports

    reports = (find_report(name),) if name else list_reports()
    document = {"reports": [each.as_dict() for each in reports]}
    say_answer(document, [_listing(each) for each in reports], as_json)
    return ExitStatus.DONE


def _listing(report: Report) -> str:
    width = max((len(each.name) for each in report.parameters), default=0)
    lines = [
        f"  {each.name:<{width}}  {each.help}"
        + (" (must be given)" if each.is_needed else f" [{each.default}]" if each.default else "")
        for each in report.parameters
    ]
    return "\n".join([report.name, *lines])


def _texts(batch: BatchRun) -> list[str]:
    """Return the result in words: of one report its own, of many how they stand."""
    told = batch.runs if len(batch.runs) == 1 else batch.failed
    texts = [
        "\n".join(
            [
                f"{run.title}: {run.state.value}. {run.result}".rstrip(),
                *([run.proof] if run.proof else []),
                *(f"  {finding}" for finding in run.findings),
            ]
        )
        for run in told
    ]
    if batch.left_out:
        texts.append("\n".join(["Left out:", *(f"  {finding}" for finding in batch.left_out)]))
    return [*texts, batch.summary, f"Index: {batch.index}"]


@contextmanager
def _ended_gently() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does: end the workers, and keep what was made."""
    earlier = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)


def _stopped(out: Path) -> BngOptError:
    remedy = "Run it again: what was made is kept, and the rest is made."
    return SolverError(Finding("Stopped before all were made.", remedy, file=str(out)))
