"""The metric's own arithmetic: what habitats are worth, created and enhanced."""

from bng_opt.metric.units.rows import Baseline, Creation, Enhancement, HabitatState, Row
from bng_opt.metric.units.table import unit_table, units_of

__all__ = ["Baseline", "Creation", "Enhancement", "HabitatState", "Row", "unit_table", "units_of"]
