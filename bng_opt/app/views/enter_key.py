"""The Enter key in a field presses the button beside it, as in any form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget

ENTERING = "bng-entering"


class EnterKey(anywidget.AnyWidget):
    """Listens for the Enter key on the whole page; shows nothing.

    It presses the first button of the row (:func:`entering`) that the field stands in, after
    what was typed is on its way.
    """

    _esm = Path(__file__).with_suffix(".js")


def entering(box: Any) -> Any:
    """Return a row of fields and a button: Enter in a field presses the button."""
    box.add_class(ENTERING)
    return box
