"""The view of the step result."""

from __future__ import annotations

from bng_opt.app.views.kit import column, heading
from bng_opt.app.views.page import Page


class ResultView:
    """The view of the step result."""

    def __init__(self, page: Page) -> None:
        self._step = page.session.result
        self.box = column(heading(self._step.title))

    def refresh(self) -> None:
        """Show what the model says now."""
