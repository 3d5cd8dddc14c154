"""What every benchmark shares, and the table, report and figure at the end.

With ``--benchmark-disable``, as in ``make test``, a benchmark runs its quick cases once and
is a plain test; ``make bench`` runs the others, measures and reports.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bng_opt.optimiser.linear import LinearModel
from bng_opt.optimiser.policy import Policy
from tests.benchmarks.figure import draw_scaling
from tests.benchmarks.jobs import Job
from tests.benchmarks.scores import Score, Target, table, verdicts
from tests.support.bare import BareSolve, bare_highs

BARE_LIMIT_S = 60.0
"""A bare solve is stopped after so long; its ratio is then "at most"."""
BARE_ALLOWANCE_S = 240.0
"""All bare solves together take little longer than this, so that the bench ends in minutes."""
LEAST_LIMIT_S = 5.0
"""What a bare solve is given once the allowance is spent."""

Result = TypeVar("Result")
_SCORES = pytest.StashKey[list[Score]]()


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the scores and tell of the marker."""
    config.stash[_SCORES] = []
    config.addinivalue_line(
        "markers", "cases(names, quick, bench): parameters as a test and as a benchmark"
    )


def is_enabled(config: pytest.Config) -> bool:
    """Return whether the benchmarks are measured in this run."""
    options = config.option
    return bool(options.benchmark_enable or not options.benchmark_disable)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test its quick cases, or those of the bench where it is measured."""
    for marker in metafunc.definition.iter_markers("cases"):
        chosen = "bench" if is_enabled(metafunc.config) else "quick"
        metafunc.parametrize(marker.args[0], marker.kwargs[chosen])


class BareSolver:
    """Bare HiGHS within an allowance that all benchmarks share."""

    def __init__(self, allowance_s: float) -> None:
        self._left = allowance_s
        self.last: BareSolve | None = None

    def solve(self, linear: LinearModel, policy: Policy) -> BareSolve:
        """Solve a model to the policy's gap and remember the answer."""
        limit = min(BARE_LIMIT_S, max(LEAST_LIMIT_S, self._left))
        self.last = bare_highs(linear, float(policy.gap_gbp), limit)
        self._left -= self.last.seconds
        return self.last


class Bench:
    """Measures one thing and its rival, in turn, and keeps the score.

    Attributes
    ----------
    bare
        The rival of everything that is solved.
    enabled
        Whether this run measures at all.
    """

    def __init__(
        self, benchmark: BenchmarkFixture, scores: list[Score], bare: BareSolver, enabled: bool
    ) -> None:
        self._benchmark = benchmark
        self._scores = scores
        self.bare = bare
        self.enabled = enabled

    def measure(
        self,
        ours: Callable[..., Result],
        *,
        group: str,
        case: str,
        targets: tuple[Target, ...] = (),
        rival: Callable[[], float] | None = None,
        fresh: Callable[[], Sequence[Any]] = tuple,
        rounds: int = 1,
        size: int | None = None,
    ) -> Result:
        """Run ours once a round, each time just after its rival, and return its last result.

        Parameters
        ----------
        rival
            Returns its own seconds.
        fresh
            Returns the arguments of ours; the time it takes is not counted.
        """
        bare: list[float] = []

        def set_up() -> tuple[tuple[Any, ...], dict[str, Any]]:
            if rival is not None:
                bare.append(rival())
            return tuple(fresh()), {}

        result: Result = self._benchmark.pedantic(ours, setup=set_up, rounds=rounds, iterations=1)
        if self.enabled and self._benchmark.stats is not None:
            seconds = tuple(self._benchmark.stats.stats.data)
            solved = rival is not None and self.bare.last is not None
            self.keep(
                Score(
                    group,
                    case,
                    seconds,
                    tuple(bare),
                    targets,
                    stopped=bool(solved and self.bare.last and not self.bare.last.proven),
                    size=size,
                    steps_s=dict(getattr(result, "seconds", {})),
                )
            )
        return result

    def race(self, job: Job, **wishes: Any) -> None:
        """Measure a job against bare HiGHS on the same model, and compare what they found."""

        def rival() -> float:
            return self.bare.solve(job.linear, job.policy).seconds

        plan = self.measure(
            job.run, rival=rival, fresh=lambda: (job.fresh_market(),), size=job.n_banks, **wishes
        )
        assert self.bare.last is not None
        job.compare(plan, self.bare.last)

    def keep_again(self, **changes: Any) -> None:
        """Keep the last score once more with changes: another rival, another target."""
        if self.enabled:
            self.keep(replace(self._scores[-1], **changes))

    def keep(self, score: Score) -> None:
        """Keep a score for the table, and beside pytest-benchmark's own numbers."""
        if self.enabled:
            self._scores.append(score)
            self._benchmark.extra_info.setdefault("scores", []).append(score.as_dict())


@pytest.fixture(scope="session")
def bare_solver() -> BareSolver:
    """Return the solver that all benchmarks share."""
    return BareSolver(BARE_ALLOWANCE_S)


@pytest.fixture
def bench(
    benchmark: BenchmarkFixture, bare_solver: BareSolver, request: pytest.FixtureRequest
) -> Bench:
    """Return what measures; without ``--benchmark-enable`` it only runs."""
    bare_solver.last = None
    config = request.config
    return Bench(benchmark, config.stash[_SCORES], bare_solver, is_enabled(config))


@pytest.fixture(scope="session")
def workbooks(shared_workbooks: Path) -> Path:
    """Return the official workbooks, everything that loads at its first use being loaded."""
    Job(shared_workbooks, "d01", n_banks=20).plan()
    return shared_workbooks


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table and write ``.benchmarks/report.json`` and ``.benchmarks/scaling.png``."""
    scores = config.stash[_SCORES]
    if not scores:
        return
    terminalreporter.section("ratios, measured in turn in this run")
    for line in table(scores):
        terminalreporter.write_line(line)
    folder = config.rootpath / ".benchmarks"
    folder.mkdir(exist_ok=True)
    report = folder / "report.json"
    report.write_text(json.dumps(_as_report(scores), indent=1) + "\n", encoding="utf-8")
    written = [report]
    scaling = [score for score in scores if score.group == "scaling"]
    if scaling:
        written.append(draw_scaling(scaling, folder / "scaling.png"))
    terminalreporter.write_line("Wrote " + ", ".join(map(str, written)))


def _as_report(scores: Sequence[Score]) -> dict[str, Any]:
    return {
        "machine": {
            "system": platform.platform(),
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "versions": {name: version(name) for name in ("highspy", "pulp", "python-calamine")},
        "verdicts": [verdict.as_dict() for verdict in verdicts(scores)],
        "scores": [score.as_dict() for score in scores],
    }
