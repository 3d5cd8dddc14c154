"""How far a batch of reports has come: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import shutil
import sys
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from bng_opt.batch.report_run import RunState

if TYPE_CHECKING:
    from bng_opt.batch import ReportRun

_WIDTH = 24
_BEGIN_OF_LINE, _END_OF_LINE = "\r", "\x1b[K"


class RunProgress:
    """Tells on stderr which runs have ended, and about how long the others take.

    Parameters
    ----------
    total
        How many runs there are.
    stream
        Where it is told; stderr without.
    """

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._total, self._done, self._made = total, 0, 0
        self._begin = monotonic()
        self._stream = stream or sys.stderr
        self._on_terminal = self._stream.isatty()

    def __enter__(self) -> RunProgress:
        if self._on_terminal:
            self._draw("begun")
        return self

    def __exit__(self, *_: object) -> None:
        if self._on_terminal:
            self._stream.write("\n")
            self._stream.flush()

    def tell(self, run: ReportRun) -> None:
        """Tell that a run has ended."""
        self._done += 1
        self._made += run.state is not RunState.KEPT
        is_kept = run.state is RunState.KEPT
        words = f"{run.title}: {run.state.words}"
        if self._on_terminal:
            self._draw(words)
        elif self._total > 1:
            seconds = "" if is_kept else f", {run.seconds:.1f} s"
            self._stream.write(f"{self._done}/{self._total} {words}{seconds}\n")
            self._stream.flush()

    def _draw(self, words: str) -> None:
        full = _WIDTH * self._done // max(self._total, 1)
        bar = "#" * full + "-" * (_WIDTH - full)
        line = f"[{bar}] {self._done}/{self._total}{self._left()}  {words}"
        room = shutil.get_terminal_size().columns - 1
        self._stream.write(f"{_BEGIN_OF_LINE}{line[:room]}{_END_OF_LINE}")
        self._stream.flush()

    def _left(self) -> str:
        """Return about how long the rest takes, once a run tells how long one takes."""
        if not self._made or self._done == self._total:
            return ""
        seconds = (monotonic() - self._begin) / self._made * (self._total - self._done)
        minutes = round(seconds / 60)
        return f", about {minutes} min left" if minutes else ", less than a minute left"
