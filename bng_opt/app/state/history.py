"""The history: runs and quotes of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from bng_opt.app.state.session import Session


class History:
    """Runs and quotes that the store keeps."""

    key: ClassVar[str] = "history"
    title: ClassVar[str] = "History"

    def __init__(self, session: Session) -> None:
        self.session = session
