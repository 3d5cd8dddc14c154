"""The view of the step quote."""

from __future__ import annotations

from bng_opt.app.views.kit import column, heading
from bng_opt.app.views.page import Page


class QuoteView:
    """The view of the step quote."""

    def __init__(self, page: Page) -> None:
        self._step = page.session.quote
        self.box = column(heading(self._step.title))

    def refresh(self) -> None:
        """Show what the model says now."""
