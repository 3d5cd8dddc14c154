"""The view of the step history."""

from __future__ import annotations

from bng_opt.app.views.kit import column, heading
from bng_opt.app.views.page import Page


class HistoryView:
    """The view of the step history."""

    def __init__(self, page: Page) -> None:
        self._step = page.session.history
        self.box = column(heading(self._step.title))

    def refresh(self) -> None:
        """Show what the model says now."""
