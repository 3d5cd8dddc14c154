"""Small looks at what the program stands on, each at one thing; see :mod:`..doctor`."""

from __future__ import annotations

from bng_opt.runtime.checkups.environment import (
    look_at_drawing,
    look_at_libreoffice,
    look_at_packages,
    look_at_python,
)
from bng_opt.runtime.checkups.keeping import look_at_cache, look_at_store
from bng_opt.runtime.checkups.kinds import Checkup, Found, State
from bng_opt.runtime.checkups.solving import look_at_cross_check, look_at_solver
from bng_opt.runtime.checkups.working import look_at_executor, look_at_scheduler

__all__ = ["CHECKUPS", "Checkup", "Found", "State"]

_AGAIN = "Run it again while the machine has less to do; install the package again if that fails."
_EXECUTOR_LIMIT_S, _SCHEDULER_LIMIT_S = 45.0, 20.0
"""A process has to start for the one, the other only to answer; more than any that works [s]."""

CHECKUPS: tuple[Checkup, ...] = (
    Checkup("python", look_at_python, _AGAIN),
    Checkup("packages", look_at_packages, _AGAIN),
    Checkup("solver", look_at_solver, _AGAIN),
    Checkup("cross-check", look_at_cross_check, _AGAIN),
    Checkup(
        "store",
        look_at_store,
        "See whether the database's server or the disk hangs; a very large store is looked at "
        "by: bng-opt db check",
        uses_settings=True,
    ),
    Checkup(
        "cache",
        look_at_cache,
        "See whether its disk hangs; BNG_OPT_CACHE_FOLDER names another folder.",
        uses_settings=True,
    ),
    Checkup(
        "executor",
        look_at_executor,
        "See whether this machine, or the scheduler's workers, are out of memory.",
        uses_settings=True,
        limit_s=_EXECUTOR_LIMIT_S,
    ),
    Checkup(
        "scheduler",
        look_at_scheduler,
        "See its own log, and that of its workers; start it anew.",
        uses_settings=True,
        limit_s=_SCHEDULER_LIMIT_S,
    ),
    Checkup("fonts", look_at_drawing, _AGAIN),
    Checkup("libreoffice", look_at_libreoffice, "Install LibreOffice again.", needed=False),
)
"""What this room and those below can look at, in the order in which it is told."""
