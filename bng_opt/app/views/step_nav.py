"""The list of steps at the top of the page: a tick for what is done, in a mark and in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets


class StepNav(anywidget.AnyWidget):
    """A navigation of steps.

    Parameters
    ----------
    on_go
        Called with the key of the step that was chosen.

    Attributes
    ----------
    steps
        For each step ``key``, ``title``, ``done`` and ``summary``.
    current
        The key of the step that is shown.
    """

    _esm = Path(__file__).with_suffix(".js")
    steps: Any = traitlets.List(traitlets.Dict()).tag(sync=True)
    current: Any = traitlets.Unicode().tag(sync=True)

    def __init__(self, on_go: Callable[[str], None]) -> None:
        super().__init__()
        self.on_msg(lambda _widget, content, _buffers: on_go(content["go"]))
