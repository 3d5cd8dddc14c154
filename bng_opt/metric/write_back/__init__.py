"""The purchase written into the official workbook."""

from bng_opt.metric.write_back.filling import Filled, fill_in
from bng_opt.metric.write_back.works import Works

__all__ = ["Filled", "Works", "fill_in"]
