"""A row of the metric's sheets: a habitat as it is, is created, or is enhanced.

What the workbook refuses (impossible conditions, trading down, both advance and delay) is
refused here, in words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import TypeAlias, TypeVar

from bng_opt.errors import Finding, InputError
from bng_opt.metric.units.years import Years, final_time, has_reached, is_some
from bng_opt.reference import Habitat, Ledger, TradingRule, catalogue
from bng_opt.reference.conditions import (
    Condition,
    condition_score,
    distinctiveness_score,
    find_condition,
    possible_conditions,
)
from bng_opt.reference.multipliers import (
    Intervention,
    difficulty,
    difficulty_of,
    riparian_encroachment,
    strategic_significance,
    watercourse_encroachment,
)
from bng_opt.reference.times import (
    TimeToTarget,
    time_to_change_hedgerow,
    time_to_create,
    time_to_enhance,
)

CULVERT = "N/A - Culvert"
"""The encroachment of culverts, and of nothing else."""
LOW_SIGNIFICANCE = "Low"

_NO_EASIER_ONCE_POOR = frozenset(
    {
        "Grassland - Traditional orchards",
        "Lakes - Ornamental lake or pond",
        "Lakes - Ponds (non-priority habitat)",
        "Sparsely vegetated land - Ruderal/Ephemeral",
        "Sparsely vegetated land - Tall forbs",
        "Urban - Developed land; sealed surface",
    }
)
"""Begun in advance and past Poor, these stay as hard to create as ever ('A-2' V)."""
_EXEMPT_ON_SITE_ONLY = "Lakes - Ornamental lake or pond"
"""'D-2' V names it too, but looks at a row 63 below its own."""
_ENHANCED_FROM = {
    "Intertidal sediment - Littoral seagrass": {
        "Intertidal sediment - Littoral seagrass",
        "Intertidal sediment - Littoral sand",
    },
    "Intertidal hard structures - Artificial hard structures with integrated greening of "
    "grey infrastructure (IGGI)": {
        "Intertidal hard structures - Artificial hard structures with integrated greening of "
        "grey infrastructure (IGGI)",
        "Intertidal hard structures - Artificial hard structures",
        "Intertidal hard structures - Artificial features of hard structures",
    },
}
"""What alone may be enhanced to these ('A-3' T)."""
_SAME_BAND_HEDGEROWS = {
    ("Line of trees", "Line of trees - associated with bank or ditch"): True,
    (
        "Ecologically valuable line of trees",
        "Ecologically valuable line of trees - associated with bank or ditch",
    ): False,
}
"""Changes of hedgerow type within a band ('G-6' AN3:AZ15), and whether off site too ('E-3' O)."""
_SAME_HABITAT = (TradingRule.SAME_HABITAT, TradingRule.SAME_HABITAT_OR_BESPOKE)
_OTHER_CHANGE = "Choose another habitat or condition, or create the habitat instead."

T = TypeVar("T")


@dataclass(frozen=True)
class HabitatState:
    """A habitat as it is, or is to be.

    Attributes
    ----------
    habitat
        Which.
    condition
        Its condition.
    significance
        Strategic significance, by category, description or first word.
    encroachment, riparian
        Encroachment into a watercourse and its riparian zone, as the drop-downs spell them;
        empty in the other ledgers.
    """

    habitat: Habitat
    condition: Condition
    significance: str = LOW_SIGNIFICANCE
    encroachment: str = ""
    riparian: str = ""

    @classmethod
    def named(
        cls,
        habitat: str,
        condition: str,
        significance: str = LOW_SIGNIFICANCE,
        *,
        ledger: Ledger | None = None,
        encroachment: str = "",
        riparian: str = "",
    ) -> HabitatState:
        """Return a state by the names of its parts.

        Raises
        ------
        InputError
            With every name that is unknown.

        Examples
        --------
        >>> HabitatState.named("Native hedgerow", "good").distinctiveness_score
        2
        """
        findings: list[Finding] = []
        found = _gathered(findings, lambda: catalogue().find(habitat, ledger))
        aim = _gathered(findings, lambda: find_condition(condition))
        _gathered(findings, lambda: strategic_significance(significance))
        if found is None or aim is None or findings:
            raise InputError(findings)
        return cls(found, aim, significance, encroachment, riparian)

    @property
    def distinctiveness_score(self) -> int:
        """Return the score of the habitat's distinctiveness in its ledger."""
        return distinctiveness_score(self.habitat.ledger, self.habitat.distinctiveness)

    @property
    def condition_score(self) -> float:
        """Return the score of the condition."""
        scores = possible_conditions(self.habitat)
        return scores.get(self.condition, condition_score(self.condition))

    @property
    def score(self) -> float:
        """Return distinctiveness times condition."""
        return self.distinctiveness_score * self.condition_score

    @property
    def significance_multiplier(self) -> float:
        """Return the multiplier of strategic significance."""
        return strategic_significance(self.significance).value

    @property
    def encroachment_multiplier(self) -> float:
        """Return the multiplier of encroachment into the watercourse; 1 in other ledgers."""
        return watercourse_encroachment(self.encroachment).value if self._is_water else 1.0

    @property
    def riparian_multiplier(self) -> float:
        """Return the multiplier of encroachment into the riparian zone; 1 in other ledgers."""
        return riparian_encroachment(self.riparian).value if self._is_water else 1.0

    def problems(self) -> list[Finding]:
        """Return what the workbook refuses of it."""
        findings: list[Finding] = []
        if self.condition not in possible_conditions(self.habitat):
            names = ", ".join(each.value for each in possible_conditions(self.habitat))
            message = f'"{self.habitat}" can\'t be in the condition "{self.condition.value}".'
            findings.append(Finding(message, f"It can be: {names}."))
        _gathered(findings, lambda: self.significance_multiplier)
        if self._is_water:
            _gathered(findings, lambda: self.encroachment_multiplier)
            _gathered(findings, lambda: self.riparian_multiplier)
            is_culvert = self.habitat.name == "Culvert"
            if any((each == CULVERT) != is_culvert for each in (self.encroachment, self.riparian)):
                message = f'The encroachment "{CULVERT}" is for culverts, and for nothing else.'
                findings.append(Finding(message, "Choose an encroachment that fits the type."))
        elif self.encroachment or self.riparian:
            message = f'"{self.habitat}" is no watercourse, and an encroachment is given.'
            findings.append(Finding(message, "Leave it empty."))
        return findings

    @property
    def _is_water(self) -> bool:
        return self.habitat.ledger is Ledger.WATERCOURSE


@dataclass(frozen=True)
class Baseline:
    """A habitat that is there before.

    Attributes
    ----------
    size
        Hectares, or kilometres of hedgerow and watercourse.
    """

    size: float
    state: HabitatState

    def problems(self) -> list[Finding]:
        """Return what the workbook refuses of it."""
        return [*_size_problems(self.size), *self.state.problems()]


@dataclass(frozen=True)
class Creation:
    """A habitat that is created.

    Attributes
    ----------
    size
        Hectares, or kilometres of hedgerow and watercourse.
    advance, delay
        How long before or after the losses it is begun [years].
    off_site
        Whether the row stands on an off-site sheet, which differ here and there.
    """

    size: float
    state: HabitatState
    advance: Years = 0
    delay: Years = 0
    off_site: bool = True

    def problems(self) -> list[Finding]:
        """Return what the workbook refuses of it."""
        findings = [*_size_problems(self.size), *self.state.problems()]
        habitat = self.state.habitat
        if time_to_create(habitat, self.state.condition) is None:
            if not findings:
                message = (
                    f'"{habitat}" can\'t be created in the condition "{self.state.condition}".'
                )
                findings.append(Finding(message, "Choose another condition, or enhance it."))
        else:
            _gathered(findings, lambda: self.time)
            if self._is_lost_on_site():
                message = "On site the workbook can't count more than 30 years for a watercourse."
                findings.append(Finding(message, 'Give the delay "30+".'))
        if difficulty_of(habitat, Intervention.CREATION) is None:
            findings.append(Finding(f'"{habitat}" can\'t be created.', "Choose another habitat."))
        return findings

    @property
    def time(self) -> TimeToTarget:
        """Return the final time to target."""
        return final_time(self._standard, self.advance, self.delay)

    @property
    def difficulty(self) -> float:
        """Return the final multiplier of difficulty.

        Low once the target is reached before the losses; in the area ledger, that of
        enhancement once the habitat is past Poor ('D-2' V:X).
        """
        habitat = self.state.habitat
        if self._is_reached:
            return difficulty("Low").value
        easier = self._is_past_poor and not self._stays_hard
        kind = Intervention.ENHANCEMENT if easier else Intervention.CREATION
        return _difficulty(habitat, kind)

    @property
    def _standard(self) -> TimeToTarget:
        return _known(time_to_create(self.state.habitat, self.state.condition))

    @property
    def _is_reached(self) -> bool:
        ledger = self.state.habitat.ledger
        if ledger is Ledger.HEDGEROW or not has_reached(self._standard, self.advance):
            return False
        if ledger is Ledger.AREA:
            return self.state.distinctiveness_score > 0
        return not is_some(self.delay)

    @property
    def _is_past_poor(self) -> bool:
        if self.state.habitat.ledger is not Ledger.AREA or not is_some(self.advance):
            return False
        poor = time_to_create(self.state.habitat, Condition.POOR)
        return poor is not None and has_reached(poor, self.advance)

    @property
    def _stays_hard(self) -> bool:
        name = self.state.habitat.name
        return name in _NO_EASIER_ONCE_POOR and not (self.off_site and name == _EXEMPT_ON_SITE_ONLY)

    def _is_lost_on_site(self) -> bool:
        """Return whether "C-2" P writes a blank after 30+, and so finds no multiplier."""
        if self.off_site or self.state.habitat.ledger is not Ledger.WATERCOURSE:
            return False
        return isinstance(self.delay, int) and int(self._standard.label) + self.delay > 30


@dataclass(frozen=True)
class Enhancement:
    """A habitat that is enhanced.

    Attributes
    ----------
    size
        Hectares, or kilometres of hedgerow and watercourse that are enhanced.
    before, after
        What it was and what it will be.
    old_size
        The length before, of a watercourse that is made longer; None otherwise.
    advance, delay, off_site
        As of :class:`Creation`.
    """

    size: float
    before: HabitatState
    after: HabitatState
    advance: Years = 0
    delay: Years = 0
    off_site: bool = True
    old_size: float | None = None

    def problems(self) -> list[Finding]:
        """Return what the workbook refuses of it."""
        findings = [*_size_problems(self.size), *self.before.problems(), *self.after.problems()]
        if self.before.habitat.ledger is not self.after.habitat.ledger:
            message = f'"{self.before.habitat}" and "{self.after.habitat}" are of two ledgers.'
            findings.append(Finding(message, "Enhance within one ledger."))
        if findings:
            return findings
        if why := self._why_not():
            return [Finding(why, _OTHER_CHANGE)]
        _gathered(findings, lambda: self.time)
        return findings

    @property
    def raises_distinctiveness(self) -> bool:
        """Return whether it becomes a habitat of a higher band."""
        return self.before.distinctiveness_score < self.after.distinctiveness_score

    @property
    def standard_time(self) -> TimeToTarget | None:
        """Return the standard time to target; None where the workbook has none."""
        before, after = self.before, self.after
        if before.habitat.ledger is Ledger.HEDGEROW and self.raises_distinctiveness:
            return time_to_change_hedgerow(before.habitat, after.habitat)
        start = None if self.raises_distinctiveness else before.condition
        return time_to_enhance(after.habitat, start, after.condition)

    @property
    def time(self) -> TimeToTarget:
        """Return the final time to target."""
        return final_time(_known(self.standard_time), self.advance, self.delay)

    @property
    def difficulty(self) -> float:
        """Return the final multiplier of difficulty: Low once the target is reached."""
        reached = has_reached(_known(self.standard_time), self.advance)
        if reached and not is_some(self.delay) and self.after.habitat.ledger is not Ledger.HEDGEROW:
            return difficulty("Low").value
        return _difficulty(self.after.habitat, Intervention.ENHANCEMENT)

    @property
    def score_before(self) -> float:
        """Return what its baseline counts per hectare or kilometre, before significance.

        On site, a rise of distinctiveness with a fall of condition counts the old
        distinctiveness with the new condition ('A-3' AN); elsewhere it is what it was.
        """
        falls = self.before.condition_score > self.after.condition_score
        if falls and self.before.habitat.ledger is Ledger.AREA and not self.off_site:
            return self.before.distinctiveness_score * self.after.condition_score
        return self.before.score

    def _why_not(self) -> str:
        before, after = self.before, self.after
        was, is_to_be = before.habitat, after.habitat
        change = f'from "{was}" to "{is_to_be}"'
        if after.distinctiveness_score < before.distinctiveness_score:
            return f"An enhancement {change} would lower distinctiveness: trading down."
        if was.ledger is Ledger.AREA and was != is_to_be and was.rule in _SAME_HABITAT:
            return f'"{was}" can only be enhanced as the same habitat, not {change}.'
        if is_to_be.name in _ENHANCED_FROM and was.name not in _ENHANCED_FROM[is_to_be.name]:
            return f"An enhancement {change} isn't possible."
        if self._changes_within_band():
            return f"An enhancement {change}, within one band, isn't possible."
        if self._lowers_condition():
            return f'The condition can\'t fall from "{before.condition}" to "{after.condition}".'
        is_water = was.ledger is Ledger.WATERCOURSE
        if not is_water and before.score == after.score and not self.raises_distinctiveness:
            return "Neither distinctiveness nor condition would rise: no enhancement."
        if self.standard_time is None or difficulty_of(is_to_be, Intervention.ENHANCEMENT) is None:
            aim = f'"{before.condition}" to "{after.condition}"'
            return f"An enhancement {change}, {aim}, isn't possible."
        if not self.off_site and was.ledger is Ledger.HEDGEROW and self.delay == "30+":
            return 'On site the workbook can\'t count a delay of "30+" for a hedgerow.'
        return ""

    def _changes_within_band(self) -> bool:
        was, is_to_be = self.before.habitat, self.after.habitat
        if was == is_to_be or self.raises_distinctiveness:
            return False
        off_site_too = _SAME_BAND_HEDGEROWS.get((was.name, is_to_be.name))
        not_here = off_site_too is None or (self.off_site and not off_site_too)
        return was.ledger is Ledger.HEDGEROW and not_here

    def _lowers_condition(self) -> bool:
        if self.before.condition_score <= self.after.condition_score:
            return False
        on_site_area = self.before.habitat.ledger is Ledger.AREA and not self.off_site
        return not (on_site_area and self.raises_distinctiveness)


Row: TypeAlias = "Baseline | Creation | Enhancement"


def _size_problems(size: float) -> list[Finding]:
    if isfinite(size) and size >= 0:
        return []
    return [Finding(f"The size {size} can't be.", "Give hectares or kilometres, 0 or more.")]


def _difficulty(habitat: Habitat, kind: Intervention) -> float:
    multiplier = difficulty_of(habitat, kind)
    if multiplier is None:
        raise InputError(Finding(f'"{habitat}" has no {kind.value}.', _OTHER_CHANGE))
    return multiplier.value


def _known(time: TimeToTarget | None) -> TimeToTarget:
    if time is None:
        raise InputError(Finding("The workbook has no time to target for this.", _OTHER_CHANGE))
    return time


def _gathered(findings: list[Finding], read: Callable[[], T]) -> T | None:
    """Return what is read, or None and note what was wrong."""
    try:
        return read()
    except InputError as error:
        findings += error.findings
        return None
