"""The index of a folder of reports: a page for people, and the same as JSON."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from bng_opt.batch.batch_run import INDEX_JSON, INDEX_PAGE, BatchRun
from bng_opt.batch.report_run import ReportRun, RunState
from bng_opt.errors import ExitStatus
from bng_opt.whole_files import write_whole

_FORM = 1
"""Of the JSON; one of another form says nothing to this version."""
_WORDS = {
    ExitStatus.DONE: "done",
    ExitStatus.BUG: "an error of the program",
    ExitStatus.BAD_INPUT: "input that can't be used",
    ExitStatus.NO_LAWFUL_PURCHASE: "no lawful purchase",
    ExitStatus.NOT_PROVEN: "not proven",
}
_log = logging.getLogger(__name__)


def read_index(folder: Path) -> tuple[ReportRun, ...]:
    """Return what a folder's index tells of earlier runs; nothing where there is none.

    One that can't be read counts as none, and a line of the log says so: everything is then
    made again.
    """
    path = folder / INDEX_JSON
    if not path.is_file():
        return ()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["form"] != _FORM:
            return ()
        told = [*content["runs"], *content["earlier"]]
        return tuple(ReportRun.from_dict(each) for each in told)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("%s can't be read, and is made anew: %r", path, error)
        return ()


def write_index(batch: BatchRun, earlier: Sequence[ReportRun]) -> None:
    """Write the index of a batch into its folder.

    Parameters
    ----------
    batch
        As it stands: its runs may still wait.
    earlier
        Runs of other batches; those whose files are in the folder still are listed too.
    """
    others = [run for run in earlier if any(p.is_file() for p in run.paths(batch.folder).values())]
    document = {
        "form": _FORM,
        **batch.as_dict(),
        "earlier": [run.as_dict() for run in others],
    }
    page = _template().render(
        heading=f"Reports: {batch.report.replace('_', ' ')}",
        batch=batch,
        earlier=others,
        words=_WORDS,
        State=RunState,
    )
    write_whole(batch.folder / INDEX_JSON, json.dumps(document, indent=1).encode())
    write_whole(batch.folder / INDEX_PAGE, page.encode())


@cache
def _template() -> Template:
    loader = PackageLoader("bng_opt.batch", "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("index.html.j2")
