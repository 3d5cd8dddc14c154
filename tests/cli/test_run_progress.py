"""How far a batch has come: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from bng_opt.batch.report_run import ReportRun, RunState
from bng_opt.cli.run_progress import RunProgress

RUN = ReportRun("Mill", "tiny", "Mill", "d", RunState.MADE, seconds=2.25)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_each_run_is_a_line() -> None:
    stream = io.StringIO()
    with RunProgress(2, stream) as progress:
        progress.tell(RUN)
        progress.tell(replace(RUN, title="Fen", state=RunState.KEPT))
    assert stream.getvalue() == "1/2 Mill: made, 2.2 s\n2/2 Fen: unchanged\n"


def test_a_single_run_needs_no_lines() -> None:
    stream = io.StringIO()
    with RunProgress(1, stream) as progress:
        progress.tell(RUN)
    assert stream.getvalue() == ""


def test_on_a_terminal_a_bar_grows_on_one_line_and_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    stream = Terminal()
    with RunProgress(2, stream) as progress:
        progress.tell(RUN)
        progress.tell(replace(RUN, title="F" * 200))
    begin, half, full = stream.getvalue().rstrip("\n").split("\r")[1:]
    assert begin.startswith(f"[{'-' * 24}] 0/2")
    assert half.startswith(f"[{'#' * 12}{'-' * 12}] 1/2, less than a minute left  Mill: made")
    assert full.startswith(f"[{'#' * 24}] 2/2  FFF")
    assert all(len(line.removesuffix("\x1b[K")) < 70 for line in (begin, half, full))
    assert stream.getvalue().endswith("\n")
