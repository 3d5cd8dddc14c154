"""What every step of the dashboard has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bng_opt.app.signals import Signal

if TYPE_CHECKING:
    from bng_opt.app.services import Services
    from bng_opt.app.state.session import Session


class Step(ABC):
    """A step: what was entered, what follows from it, and what still blocks the next one.

    Methods change it and tell so once; properties only look. A step may look at the steps
    before it through its session, never at a widget.

    Attributes
    ----------
    key, title
        Its name in states and addresses, and on the page.
    changed
        Tells the step itself after every change.
    """

    key: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, session: Session) -> None:
        self.session = session
        self.changed: Signal[Step] = Signal()

    @property
    def services(self) -> Services:
        """Return what the page stands on."""
        return self.session.services

    @abstractmethod
    def blockers(self) -> tuple[str, ...]:
        """Return what is missing before the next step can begin, each as a sentence."""

    @property
    def is_done(self) -> bool:
        """Return whether nothing is missing here."""
        return not self.blockers()

    @abstractmethod
    def summary(self) -> str:
        """Return in a few words what was entered; empty while there is nothing to say."""

    @abstractmethod
    def get_state(self) -> dict[str, Any]:
        """Return what was entered as plain values (JSON): enough to enter it again."""

    @abstractmethod
    def set_state(self, state: Mapping[str, Any]) -> None:
        """Enter again what :meth:`get_state` returned, and tell of the change.

        Raises
        ------
        InputError
            With all that can't be; the step is then as it was.
        """

    def tell(self) -> None:
        """Tell that the step has changed."""
        self.changed.send(self)
