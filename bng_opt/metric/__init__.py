"""What the law says of one development: the metric workbook, trading, the headline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["read_metric", "read_requirement_table"]

if TYPE_CHECKING:
    from bng_opt.metric.table import read_requirement_table
    from bng_opt.metric.workbook import read_metric

_HOMES = {
    "read_metric": "bng_opt.metric.workbook",
    "read_requirement_table": "bng_opt.metric.table",
}


def __getattr__(name: str) -> Any:
    # Loaded when first used: the trading rules are needed where no workbook is read.
    if name not in _HOMES:
        raise AttributeError(f"module 'bng_opt.metric' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
