"""The market as pandas DataFrames."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd

from bng_opt.market.schema import schema_of

if TYPE_CHECKING:
    from bng_opt.market.snapshot import Market

_NUMBERS = frozenset(
    {"lat", "lon", "fixed_fee_gbp", "units", "gross_units", "baseline_units", "quoted_units"}
    | {"price", "size"}
)


def market_frames(market: Market) -> dict[str, pd.DataFrame]:
    """Return the tables of a market; see :meth:`Market.to_frames`."""
    frames = {}
    for name, rows in market.tables():
        schema = schema_of(name)
        columns = list(zip(*rows, strict=True)) or [()] * len(schema.names)
        frames[name] = pd.DataFrame(
            {
                column: _series(column, values)
                for column, values in zip(schema.names, columns, strict=True)
            }
        )
    return frames


def _series(column: str, values: tuple[object, ...]) -> pd.Series[float] | pd.Series[str]:
    if column in _NUMBERS:
        numbers = [float(v) if isinstance(v, Decimal) else float("nan") for v in values]
        return pd.Series(numbers, dtype="float64")
    return pd.Series(["" if value is None else str(value) for value in values], dtype="str")
