"""Running scenarios: where clocks, the cache and jobs live."""

from bng_opt.runtime.run import optimise

__all__ = ["optimise"]
