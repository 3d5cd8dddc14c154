"""Who sells what at which price: habitat banks, stock and prices.

>>> from bng_opt.market import load_market
>>> market = load_market("data/demo/market")
>>> market.lines_of(market.banks[0].bank_id)[0].stock_id
'DEMO-001-1'
"""

from bng_opt.market.files import load_market, save_market
from bng_opt.market.records import (
    ANY,
    DEFAULT_THRESHOLDS,
    Bank,
    BlankPrice,
    ContractSize,
    ContractThresholds,
    Price,
    PriceBasis,
    StockLine,
    Tier,
    contract_size,
)
from bng_opt.market.snapshot import Market

__all__ = [
    "ANY",
    "DEFAULT_THRESHOLDS",
    "Bank",
    "BlankPrice",
    "ContractSize",
    "ContractThresholds",
    "Market",
    "Price",
    "PriceBasis",
    "StockLine",
    "Tier",
    "contract_size",
    "load_market",
    "save_market",
]
