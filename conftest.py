"""Notebooks that are tested: they never touch the store and the cache of who runs the tests."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

_OWN = {"BNG_OPT_DATABASE": "store.sqlite", "BNG_OPT_CACHE_FOLDER": "cache"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Give a notebook's kernel, which its first cell starts, a place of its own."""
    if item.path.suffix != ".ipynb":
        return (yield)
    folder = TemporaryDirectory(prefix="bng-opt-notebook-", ignore_cleanup_errors=True)
    item.session.config.add_cleanup(folder.cleanup)
    before = {name: os.environ.get(name) for name in _OWN}
    os.environ |= {name: str(Path(folder.name) / own) for name, own in _OWN.items()}
    try:
        return (yield)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
