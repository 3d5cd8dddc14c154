"""The whole process of ``bng-opt --help``, against Python's own start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from time import perf_counter

from tests.benchmarks.conftest import Bench
from tests.benchmarks.scores import Target

START = Target("bng-opt --help / bare start of Python", 3.0)
SCRIPT = "import sys; sys.argv[0] = 'bng-opt'; from bng_opt.cli import main; sys.exit(main())"
"""What pip writes into the script ``bng-opt``, for checkouts that aren't installed."""


def run(*arguments: str, folder: Path) -> tuple[float, str]:
    """Return the seconds and the output of a Python process that starts in a folder."""
    begin = perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return perf_counter() - begin, done.stdout


def test_help_is_there_at_once(repository: Path, bench: Bench):
    _, output = bench.measure(
        lambda: run("-c", SCRIPT, "--help", folder=repository),
        group="start",
        case="--help",
        targets=(START,),
        rival=lambda: run("-c", "pass", folder=repository)[0],
        rounds=15,
    )
    assert "Usage: bng-opt" in output
