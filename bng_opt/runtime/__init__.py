"""Running scenarios: where clocks and, in time, caches and jobs live."""

from bng_opt.runtime.run import optimise

__all__ = ["optimise"]
