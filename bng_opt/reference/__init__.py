"""The statutory tables and the catalogue that reads them."""

from bng_opt.reference.catalogue import (
    RULE_WORDS,
    Catalogue,
    Distinctiveness,
    Habitat,
    Ledger,
    TradingRule,
    catalogue,
    nearest,
    normalise,
)

__all__ = [
    "RULE_WORDS",
    "Catalogue",
    "Distinctiveness",
    "Habitat",
    "Ledger",
    "TradingRule",
    "catalogue",
    "nearest",
    "normalise",
]
