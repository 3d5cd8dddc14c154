"""Running ``bng-opt`` in this process or in one of its own, and a small market to run it on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bng_opt import cli, save_market
from tests.support.scenarios import AREA, NEUTRAL, BankSpec, Line, Scene

SITE = ("--lpa", "Stratford-on-Avon", "--nca", "Dunsmore and Feldon")

FOUR_BANKS = Scene(
    (
        Line(NEUTRAL, 1, 20_000, "A"),
        Line(NEUTRAL, 1, 20_000, "B"),
        Line(NEUTRAL, 1, 20_000, "C"),
        Line(NEUTRAL, 5, 20_700, "D"),
    ),
    {},
    {AREA: 3.0},
    (BankSpec("D", fee="200"),),
)
"""Three units of net gain: one each from A, B and C cost £60,000; all from D £2,300 more."""


@dataclass(frozen=True)
class Said:
    """What a command line left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def findings(self) -> list[dict[str, Any]]:
        return list(self.json["error"]["findings"])


class Runner:
    """Runs command lines in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *words: str) -> Said:
        status = cli.run(words)
        return Said(status, *self.capsys.readouterr())


def in_process_of_its_own(*words: str, **environment: str) -> Said:
    code = "from bng_opt.cli import main; main()"
    run = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )
    return Said(run.returncode, run.stdout, run.stderr)


def write_job(folder: Path, scene: Scene = FOUR_BANKS, units: float = 3.0) -> tuple[str, ...]:
    """Write a market and a need of net gain into a folder; return the options that name them."""
    market, table = folder / "market", folder / "need.csv"
    save_market(scene.market(), market)
    table.write_text(f"ledger,habitat,units\narea,Net gain,{units}\n", encoding="utf-8")
    return ("--requirement", str(table), "--market", str(market), *SITE)
