"""One run of a notebook by papermill, whatever its end."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from bng_opt.batch.kernel import own_kernel
from bng_opt.settings import Settings

if TYPE_CHECKING:
    from nbformat import NotebookNode

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failure:
    """What ended a run early.

    Attributes
    ----------
    kind
        The name of the error's class.
    text
        What it says.
    """

    kind: str
    text: str


@dataclass(frozen=True)
class Executed:
    """A notebook that was run, to its end or to its failure."""

    notebook: NotebookNode
    failure: Failure | None


def execute(
    text: str, parameters: Mapping[str, Any], settings: Settings, folder: str = ""
) -> Executed:
    """Run a notebook in a fresh kernel of this Python.

    Parameters
    ----------
    text
        The notebook as JSON.
    parameters
        What is put in place of its own parameters.
    settings
        What the kernel is set by; no cell may take longer than ``job_timeout_s``.
    folder
        In which the kernel's files are made and removed; the system's own without.

    Returns
    -------
    Executed
        Its notebook as far as it came, marked by papermill where it failed.
    """
    import nbformat

    with TemporaryDirectory(dir=folder or None, ignore_cleanup_errors=True) as name:
        work = Path(name)
        source, target = work / "asked.ipynb", work / "run.ipynb"
        source.write_text(text, encoding="utf-8")
        # In the main thread it would take Ctrl-C and SIGTERM for itself.
        with ThreadPoolExecutor(1, thread_name_prefix="bng-opt report") as thread:
            failure = thread.submit(_run, source, target, parameters, settings).result()
        left = target if target.is_file() else source
        notebook = nbformat.read(left, as_version=4)  # type: ignore[no-untyped-call]
        return Executed(notebook, failure)


def _run(
    source: Path, target: Path, parameters: Mapping[str, Any], settings: Settings
) -> Failure | None:
    import papermill

    work = source.parent
    try:
        papermill.execute_notebook(
            str(source),
            str(target),
            dict(parameters),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            report_mode=True,
            execution_timeout=settings.job_timeout_s,
            kernel_manager_class=own_kernel(work, settings),
            # papermill's cwd would be that of this whole process.
            resources={"metadata": {"path": str(work)}},
        )
    except papermill.PapermillExecutionError as error:
        return Failure(str(error.ename), str(error.evalue))
    except Exception as error:
        # A kernel that was killed, or a cell that took too long: the run's end, not ours.
        _log.exception("The kernel of a report failed")
        return Failure(type(error).__name__, str(error))
    return None
