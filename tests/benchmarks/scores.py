"""What the benchmarks found: pairs of times, their ratios, and the targets they are held to.

Seconds differ from machine to machine, so none is a target: a target is a ratio of two
times measured in turn in the same run (or, for memory, a plain number of megabytes).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

COLUMNS = ("case", "bare median", "ours median", "ratio", "target", "")


@dataclass(frozen=True)
class Target:
    """What a group of scores is held to.

    Attributes
    ----------
    name
        The group.
    at_most
        The greatest ratio, or number of megabytes, that meets it.
    middle
        Whether the group's median is held to it; otherwise its worst score.
    """

    name: str
    at_most: float
    middle: bool = False


@dataclass(frozen=True)
class Score:
    """What one case took.

    Attributes
    ----------
    targets
        What it counts for.
    ours, bare
        Seconds of each round (megabytes where the unit says so); no bare without rival.
    stopped
        Whether the bare solve was stopped at its limit: the ratio is then "at most".
    """

    group: str
    case: str
    ours: Sequence[float]
    bare: Sequence[float] = ()
    targets: tuple[Target, ...] = ()
    stopped: bool = False
    unit: str = "s"
    size: int | None = None
    steps_s: dict[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Return the ratio of the medians; None without a rival."""
        return median(self.ours) / median(self.bare) if self.bare else None

    @property
    def held(self) -> float:
        """Return the number that is held to the target."""
        return median(self.ours) if self.ratio is None else self.ratio

    def as_dict(self) -> dict[str, object]:
        """Return the score for the report and the benchmark's ``extra_info``."""
        return {
            "group": self.group,
            "case": self.case,
            "unit": self.unit,
            "banks": self.size,
            "bare_median": median(self.bare) if self.bare else None,
            "bare_stopped_at_limit": self.stopped,
            "ours_median": median(self.ours),
            "rounds": len(self.ours),
            "ratio": self.ratio,
            "targets": [target.name for target in self.targets],
            "steps_s": self.steps_s,
        }


@dataclass(frozen=True)
class Verdict:
    """Whether the scores of a group meet their target.

    Attributes
    ----------
    value
        The group's median or worst score.
    least
        The same with every ratio to a stopped bare solve taken as nothing: the truth lies
        between the two.
    """

    target: Target
    value: float
    least: float
    n_cases: int

    @property
    def word(self) -> str:
        """Return whether the target is met, as far as is known."""
        if self.value <= self.target.at_most:
            return "met"
        return "unclear" if self.least <= self.target.at_most else "MISSED"

    def as_dict(self) -> dict[str, object]:
        """Return the verdict for the report."""
        return {
            "target": self.target.name,
            "at_most": self.target.at_most,
            "held": "median" if self.target.middle else "worst",
            "value": self.value,
            "value_is_an_upper_bound": self.least < self.value,
            "cases": self.n_cases,
            "verdict": self.word,
        }


def verdicts(scores: Iterable[Score]) -> list[Verdict]:
    """Return a verdict for each target, in the order in which they were first measured."""
    by_target: dict[Target, list[Score]] = {}
    for score in scores:
        for target in score.targets:
            by_target.setdefault(target, []).append(score)
    return [_verdict(target, group) for target, group in by_target.items()]


def _verdict(target: Target, group: Sequence[Score]) -> Verdict:
    summed_up = median if target.middle else max
    value = summed_up([score.held for score in group])
    least = summed_up([0.0 if score.stopped else score.held for score in group])
    return Verdict(target, value, least, len(group))


def table(scores: Sequence[Score]) -> list[str]:
    """Return the scores, then the verdicts, as lines of text."""
    rows = [COLUMNS, *map(_cells, scores)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(COLUMNS))]
    lines = [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return [*lines, "", *map(_sentence, verdicts(scores))]


def _cells(score: Score) -> tuple[str, ...]:
    sign = "<= " if score.stopped else ""
    limits = [f"{each.at_most:g}{' (median)' if each.middle else ''}" for each in score.targets]
    above = any(score.held > each.at_most for each in score.targets if not each.middle)
    return (
        f"{score.group}: {score.case}",
        _amount(median(score.bare), score.unit) if score.bare else "-",
        _amount(median(score.ours), score.unit),
        "-" if score.ratio is None else f"{sign}{score.ratio:.2f}",
        ", ".join(limits) or "-",
        "above" if above else "",
    )


def _amount(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:,.0f} {unit}"
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def _sentence(verdict: Verdict) -> str:
    how = "median" if verdict.target.middle else "worst"
    value = f"{'at most ' if verdict.least < verdict.value else ''}{verdict.value:.2f}"
    return (
        f"{verdict.word:7} {verdict.target.name}: {how} of {verdict.n_cases} {value}, "
        f"target at most {verdict.target.at_most:g}"
    )
