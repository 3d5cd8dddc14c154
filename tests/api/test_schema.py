"""The service against its own OpenAPI: schemathesis sends what fits it and what doesn't."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import FOUR_BANKS
from tests.support.service import Served

# A place that is unknown, or a file that is no workbook, fits the form: 422. What doesn't fit
# it is 400, which is never the answer to what does.
CONFIG = """
[checks]
positive_data_acceptance.expected-statuses = [200, 202, 404, 409, 422]
"""
HOOKS = """
import json

import schemathesis
from hypothesis import strategies as st

OPTIONS = [
    {"site": {"postcode": "LS1 4AP"}},
    {"site": {"lpa": ["Leeds"], "nca": ["Southern Pennines"]}, "policy": {"max_banks": 2}},
    {"site": {"point": {"lat": 53.8, "lon": -1.5}}, "kind": "alternatives", "cache": False},
]
schemathesis.openapi.format("json-options", st.sampled_from([json.dumps(x) for x in OPTIONS]))
"""


@pytest.mark.slow
def test_every_answer_is_as_described_and_none_is_a_failure(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    served = Served(tmp_path_factory.mktemp("described"), market=FOUR_BANKS.market()).start()
    (tmp_path / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "hooks.py").write_text(HOOKS, encoding="utf-8")
    key = f"Authorization: Bearer {served.keys['Ann']}"
    words = ["run", f"{served.url}/openapi.json", "--header", key]
    # To delete a job is to cancel it: its row stays, with the best plan that it had.
    checks = ["--checks", "all", "--exclude-checks", "use_after_free"]
    bounds = ["--max-examples", "10", "--request-timeout", "30", "--seed", "1"]
    try:
        run = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", *words, *checks, *bounds],
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )
    finally:
        served.end()
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Tested: 11" in run.stdout, run.stdout
    assert "Traceback" not in served.log
