"""Units of whole tables of rows: factors row by row, arithmetic in one go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from bng_opt.errors import Finding, InputError
from bng_opt.metric.units.formulas import baseline_units, creation_units, enhancement_units
from bng_opt.metric.units.rows import Baseline, Creation, Enhancement, HabitatState, Row

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

Units: TypeAlias = "npt.NDArray[np.float64]"
AnyRow = TypeVar("AnyRow", Baseline, Creation, Enhancement)


def units_of(rows: Sequence[Row]) -> Units:
    """Return what rows are worth, in their order [units].

    Parameters
    ----------
    rows
        Baselines, creations and enhancements, in any mixture.

    Raises
    ------
    InputError
        With everything that the workbook refuses, by row (from 1).

    Examples
    --------
    >>> meadow = HabitatState.named("Other neutral grassland", "Moderate")
    >>> units_of([Baseline(2.2, meadow)]).tolist()
    [17.6]
    """
    import numpy as np

    refuse(rows)
    units = np.zeros(len(rows))
    for kind, formula in _FORMULAS.items():
        places = [place for place, row in enumerate(rows) if isinstance(row, kind)]
        if places:
            units[places] = formula([rows[place] for place in places])
    return units


def refuse(rows: Sequence[Row]) -> None:
    """Refuse rows that the workbook refuses.

    Raises
    ------
    InputError
        With every finding of every row; rows count from 1.
    """
    findings: list[Finding] = [
        replace(finding, row=number)
        for number, row in enumerate(rows, 1)
        for finding in row.problems()
    ]
    if findings:
        raise InputError(findings)


def unit_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows with their factors and units, as the workbook's sheets show them.

    Returns
    -------
    DataFrame
        One row each: ``kind``, ``ledger``, ``habitat`` and ``condition`` (as they are after),
        ``size`` [ha or km], ``distinctiveness``, ``condition_score``, ``significance``,
        ``encroachment``, ``riparian``, ``years`` (a label), ``time``, ``difficulty``, ``units``.

    Raises
    ------
    InputError
        As :func:`units_of`.
    """
    import pandas as pd

    units = units_of(rows)
    return pd.DataFrame(
        [{**_shown(row), "units": value} for row, value in zip(rows, units, strict=True)]
    )


def _shown(row: Row) -> dict[str, object]:
    state = _state(row)
    timed = None if isinstance(row, Baseline) else row
    return {
        "kind": type(row).__name__.lower(),
        "ledger": state.habitat.ledger.value,
        "habitat": state.habitat.name,
        "condition": state.condition.value,
        "size": row.size,
        "distinctiveness": state.distinctiveness_score,
        "condition_score": state.condition_score,
        "significance": state.significance_multiplier,
        "encroachment": state.encroachment_multiplier,
        "riparian": state.riparian_multiplier,
        "years": "" if timed is None else timed.time.label,
        "time": 1.0 if timed is None else timed.time.multiplier,
        "difficulty": 1.0 if timed is None else timed.difficulty,
    }


def _state(row: Row) -> HabitatState:
    return row.after if isinstance(row, Enhancement) else row.state


def _baselines(rows: Sequence[Baseline]) -> Units:
    return _array(baseline_units(_column(rows, _size), *_factors(rows), *_water(rows)))


def _creations(rows: Sequence[Creation]) -> Units:
    size, scores = _column(rows, _size), _factors(rows)
    return _array(creation_units(size, *scores, *_risks(rows), *_water(rows)))


def _enhancements(rows: Sequence[Enhancement]) -> Units:
    before, after = _column(rows, _score_before), _column(rows, lambda row: row.after.score)
    significance = _factors(rows)[2]
    # The baseline of a length that shrinks counts no more than what is left of it.
    old = _column(
        rows, lambda row: row.size if row.old_size is None else min(row.size, row.old_size)
    )
    return _array(
        enhancement_units(
            _column(rows, _size), before, after, significance, *_risks(rows), *_water(rows),
            old_size=old,
        )
    )  # fmt: skip


def _size(row: Row) -> float:
    return row.size


def _score_before(row: Enhancement) -> float:
    return row.score_before


def _factors(rows: Sequence[AnyRow]) -> tuple[Units, Units, Units]:
    return (
        _column(rows, lambda row: _state(row).distinctiveness_score),
        _column(rows, lambda row: _state(row).condition_score),
        _column(rows, lambda row: _state(row).significance_multiplier),
    )


def _water(rows: Sequence[AnyRow]) -> tuple[Units, Units]:
    return (
        _column(rows, lambda row: _state(row).encroachment_multiplier),
        _column(rows, lambda row: _state(row).riparian_multiplier),
    )


def _risks(rows: Sequence[Creation] | Sequence[Enhancement]) -> tuple[Units, Units]:
    return (
        _array([row.time.multiplier for row in rows]),
        _array([row.difficulty for row in rows]),
    )


def _column(rows: Sequence[AnyRow], read: Callable[[AnyRow], float]) -> Units:
    return _array([read(row) for row in rows])


def _array(numbers: object) -> Units:
    import numpy as np

    return np.asarray(numbers, dtype=np.float64)


_FORMULAS: dict[type, Callable[[Sequence[Row]], Units]] = {
    Baseline: _baselines,  # type: ignore[dict-item]
    Creation: _creations,  # type: ignore[dict-item]
    Enhancement: _enhancements,  # type: ignore[dict-item]
}
