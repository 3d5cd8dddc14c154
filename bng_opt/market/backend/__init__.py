"""The broker's back-end workbook, read as the three tables of a market and written from them.

>>> from bng_opt.market.backend import SIGNS
>>> "HabitatCatalog" in SIGNS
True
"""

from bng_opt.market.backend.reader import backend_tables
from bng_opt.market.backend.sheets import SIGNS
from bng_opt.market.backend.writer import backend_sheets

__all__ = ["SIGNS", "backend_sheets", "backend_tables"]
