"""Workers that end with the process that gave them their work, however that ended."""

from __future__ import annotations

import os
import threading
import time
from functools import cache

_LOOK_S = 1.0
"""How often a worker looks whether its parent is there still [s]."""


@cache
def end_with_parent() -> None:
    """See to it that this process ends once its parent is gone; to ask again changes nothing.

    A parent that was killed can't end its workers, and they would keep their memory, and finish
    work that nobody waits for. Its kernel in turn ends with the worker.
    """
    if os.name == "posix":
        parent = os.getppid()
        thread = threading.Thread(target=_watch, args=(parent,), name="bng-opt parent", daemon=True)
        thread.start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)
