"""The metric's three formulas, on single numbers or whole columns of a table.

Sizes are hectares (area) or kilometres (hedgerow, watercourse); everything else has no unit.
Factors are multiplied in the workbook's own order, so that ties fall the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Numbers: TypeAlias = "float | npt.NDArray[np.float64]"
"""A number, or an array of them; arrays of one formula have one shape."""


def baseline_units(
    size: Numbers,
    distinctiveness: Numbers,
    condition: Numbers,
    significance: Numbers,
    encroachment: Numbers = 1.0,
    riparian: Numbers = 1.0,
) -> Numbers:
    """Return what a habitat is worth as it stands [units].

    Workbook 'A-1' Q, 'B-1' N and "C-1" R, and the same of D, E and F.

    Examples
    --------
    >>> baseline_units(2.2, 4, 2, 1)  # Other neutral grassland, moderate
    17.6
    """
    return size * distinctiveness * condition * significance * encroachment * riparian


def creation_units(
    size: Numbers,
    distinctiveness: Numbers,
    condition: Numbers,
    significance: Numbers,
    time: Numbers,
    difficulty: Numbers,
    encroachment: Numbers = 1.0,
    riparian: Numbers = 1.0,
) -> Numbers:
    """Return what a created habitat delivers [units].

    Workbook 'D-2' AB, 'E-2' Z and "F-2" AC, and the same of A, B and C.

    Examples
    --------
    >>> round(creation_units(1.8, 2, 1, 1, 0.965, 1), 9)  # Vegetated garden
    3.474
    """
    factors = size * distinctiveness * condition * significance * time * difficulty
    return factors * encroachment * riparian


def enhancement_units(
    size: Numbers,
    before: Numbers,
    after: Numbers,
    significance: Numbers,
    time: Numbers,
    difficulty: Numbers,
    encroachment: Numbers = 1.0,
    riparian: Numbers = 1.0,
    old_size: Numbers | None = None,
) -> Numbers:
    """Return what an enhanced habitat delivers, its baseline included [units].

    Workbook 'D-3' AQ, 'E-3' AK and 'F-3' AP, and the same of A, B and C.

    Parameters
    ----------
    before, after
        Distinctiveness times condition, before and after.
    significance, encroachment, riparian
        As they are after.
    old_size
        The length before, of a watercourse that is made longer; ``size`` otherwise.

    Examples
    --------
    >>> round(enhancement_units(2.5, 2 * 1, 4 * 3, 1.15, 0.5860163055, 1), 9)
    22.597968783
    """
    was = (size if old_size is None else old_size) * before
    gained = (size * after - was) * (difficulty * time)
    return (gained + was) * (riparian * significance * encroachment)
