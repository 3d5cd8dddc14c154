"""The step Result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from bng_opt.app.state.step import Step


class ResultStep(Step):
    """The step Result."""

    key: ClassVar[str] = "result"
    title: ClassVar[str] = "Result"

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
