"""What every test shares: the workbooks, the profiles of hypothesis, and CI's view of skips."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent
IN_CI = bool(os.environ.get("BNG_OPT_CI"))
ON_PURPOSE = "on purpose:"

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

# No deadline: a shared machine makes a right answer slow, not wrong.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if IN_CI else "local")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the top folder of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_workbooks() -> Path:
    """Return the folder of the recalculated official workbooks.

    It lies beside the checkout in ``../shared``; BNG_OPT_SHARED names another place for
    ``shared``.
    """
    shared = Path(os.environ.get("BNG_OPT_SHARED") or REPOSITORY.parent / "shared")
    workbooks = shared / "workbooks"
    if not workbooks.is_dir():
        pytest.skip(f"the official workbooks are not in {workbooks}; set BNG_OPT_SHARED")
    return workbooks


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a cache of its own, so that no plan comes from another run."""
    monkeypatch.setenv("BNG_OPT_CACHE_FOLDER", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True)
def own_logs() -> Generator[None, None, None]:
    """Leave the logs as they were, so that no test's settings hide what another looks for."""
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if name.startswith("bng_opt") and isinstance(logger, logging.Logger):
            # A library that sets up logs for itself may have switched ours off.
            logger.disabled = False
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    root.handlers[:] = [each for each in root.handlers if each in handlers]
    logging.captureWarnings(False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, let a test that was skipped for want of something fail."""
    report = yield
    return fail_if_skipped(report) if IN_CI else report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In CI, let a module that was skipped for want of something fail."""
    report = yield
    return fail_if_skipped(report) if IN_CI else report


def fail_if_skipped(report: Report) -> Report:
    """Turn a skip into a failure, unless its reason begins with "on purpose:"."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return report
    reason = skip_reason(report)
    if reason.startswith(ON_PURPOSE):
        return report
    report.outcome = "failed"
    report.longrepr = (
        f"{report.nodeid} was skipped: {reason or 'no reason given'}\n"
        f"CI runs every test. Install what it needs in .ci/run, or, if it can't run here at "
        f'all, begin the reason with "{ON_PURPOSE}".'
    )
    return report


def skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return the reason as its author wrote it."""
    longrepr = report.longrepr
    text = str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr or "")
    return text.removeprefix("Skipped: ").removeprefix("Skipped").strip()
