"""What the views of one page share: errors in words, waiting, downloads, the address."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bng_opt.app.views.kit import Notice
from bng_opt.errors import BngOptError

if TYPE_CHECKING:
    from bng_opt.app.link import PageLink
    from bng_opt.app.state.session import Session

LOOK_EVERY_S = 0.15
"""How often the page looks at a job that runs [s]."""

_log = logging.getLogger(__name__)


class Page:
    """One page of the dashboard.

    Attributes
    ----------
    session
        What the page knows.
    link
        The way to the browser: address, draft, downloads, focus, announcements.
    """

    def __init__(self, session: Session, link: PageLink) -> None:
        self.session, self.link = session, link
        self._tasks: set[asyncio.Task[None]] = set()

    def guarded(self, action: Callable[[], None], notice: Notice) -> Callable[..., None]:
        """Return an event's handler: what goes wrong is shown in the notice, in words.

        What the handler is called with (the widget, the change) is left out.
        """

        def handle(*_: Any) -> None:
            self.attempt(action, notice)

        return handle

    def attempt(self, action: Callable[[], None], notice: Notice) -> bool:
        """Do something, and return whether it went well; if not, the notice says why."""
        notice.clear()
        try:
            action()
        except BngOptError as error:
            notice.show_findings(error.findings)
        except Exception:
            reference = secrets.token_hex(3)
            _log.exception("The dashboard failed, reference %s", reference)
            notice.show_error(
                f"This didn't work: an error in the program (reference {reference}). Nothing that "
                "you entered is lost. Try again; if it stays, give the reference to whoever "
                "runs the dashboard."
            )
        else:
            return True
        return False

    def watch(self, look: Callable[[], bool], notice: Notice) -> None:
        """Look at something again and again while the look returns True; the page stays free."""

        async def looking() -> None:
            goes_on = True

            def once() -> None:
                nonlocal goes_on
                goes_on = look()

            while goes_on and self.attempt(once, notice) and goes_on:
                await asyncio.sleep(LOOK_EVERY_S)

        task = asyncio.get_event_loop().create_task(looking())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
