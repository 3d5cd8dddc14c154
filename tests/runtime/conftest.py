"""Fixtures of the runtime's tests: stores on both databases, and workers that tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bng_opt.runtime.executors import LocalExecutor
from tests.support.stores import *  # noqa: F403


@pytest.fixture(scope="session")
def workers() -> Iterator[LocalExecutor]:
    """Return two workers that all tests share; none of these may kill one."""
    executor = LocalExecutor(2)
    yield executor
    executor.shutdown(wait=False)
