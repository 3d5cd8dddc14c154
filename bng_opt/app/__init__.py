"""The dashboard: a broker's or ecologist's whole morning in one page.

``state`` knows, without a widget; ``views`` show; ``server`` serves. The notebook that Voila
serves is two lines:

    from bng_opt.app import start
    start()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ipywidgets as widgets

    from bng_opt.settings import Settings

__all__ = ["start"]


def start(settings: Settings | None = None) -> widgets.Widget:
    """Return the dashboard as a widget, for Voila or a notebook.

    Parameters
    ----------
    settings
        Where the store is and so on; those of the environment without.

    Raises
    ------
    InputError, StoreError
        If the settings can't be, or the store can't be opened.
    """
    from bng_opt.app.starting import start_page

    return start_page(settings)
