"""The step Quote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from bng_opt.app.state.step import Step


class QuoteStep(Step):
    """The step Quote."""

    key: ClassVar[str] = "quote"
    title: ClassVar[str] = "Quote"

    def blockers(self) -> tuple[str, ...]:
        """Return what is missing."""
        return ("Not built yet.",)

    def summary(self) -> str:
        """Return nothing yet."""
        return ""

    def get_state(self) -> dict[str, Any]:
        """Return nothing yet."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Enter nothing yet."""
