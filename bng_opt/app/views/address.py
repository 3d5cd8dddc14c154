"""The address under which a run is opened again, to be copied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets


class RunAddress(anywidget.AnyWidget):
    """A field with the address of a run, and a button that copies it.

    Only the browser knows where the page is, so it makes the address itself.

    Attributes
    ----------
    run
        The id of the run; empty for none.
    """

    _esm = Path(__file__).with_suffix(".js")
    run: Any = traitlets.Unicode().tag(sync=True)
