"""Reports in batches: what they say, what they take, and how they are run.

>>> from bng_opt.batch import read_request, run_batch
>>> request = read_request("market", {"areas": "Leeds"})
>>> batch = run_batch(request, "out", formats=["html"])  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

# Kernels import this package for what reports say: what runs them is imported when it is used.
_HOMES = {
    "BatchRun": "bng_opt.batch.batch_run",
    "Format": "bng_opt.batch.report_run",
    "Report": "bng_opt.batch.library",
    "ReportRequest": "bng_opt.batch.request",
    "ReportRun": "bng_opt.batch.report_run",
    "RunState": "bng_opt.batch.report_run",
    "find_report": "bng_opt.batch.library",
    "list_reports": "bng_opt.batch.library",
    "read_request": "bng_opt.batch.request",
    "run_batch": "bng_opt.batch.running",
    "run_report": "bng_opt.batch.running",
}

__all__ = [
    "BatchRun",
    "Format",
    "Report",
    "ReportRequest",
    "ReportRun",
    "RunState",
    "find_report",
    "list_reports",
    "read_request",
    "run_batch",
    "run_report",
]

if TYPE_CHECKING:
    from bng_opt.batch.batch_run import BatchRun
    from bng_opt.batch.library import Report, find_report, list_reports
    from bng_opt.batch.report_run import Format, ReportRun, RunState
    from bng_opt.batch.request import ReportRequest, read_request
    from bng_opt.batch.running import run_batch, run_report


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'bng_opt.batch' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
