"""What a page of the dashboard stands on: the store, the jobs, the cache, and who acts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bng_opt.errors import AccessError, Finding
from bng_opt.market.store import Store
from bng_opt.quotes.book import QuoteBook
from bng_opt.runtime.cache import Cache
from bng_opt.runtime.jobs import Desk
from bng_opt.settings import Settings

if TYPE_CHECKING:
    from bng_opt.market.store.tables import Role

NOBODY = ""
"""Acts on a page whose browser has not said yet who signed in."""


class Services:
    """Store, jobs and cache of one page.

    Parameters
    ----------
    by
        Who acts, as the audit log records it; :data:`NOBODY` until somebody has signed in.
    role
        What they may do, if they are a user of the store; None for somebody who isn't and acts
        by the rights of their account on the machine.
    signed_in
        Whether they signed in to the dashboard, and so can sign out.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        desk: Desk,
        cache: Cache,
        by: str,
        role: Role | None = None,
        signed_in: bool = False,
    ) -> None:
        self.settings, self.store, self.desk, self.cache = settings, store, desk, cache
        self._by, self.role, self.signed_in = by, role, signed_in

    @property
    def by(self) -> str:
        """Return who acts.

        Raises
        ------
        AccessError
            If nobody has signed in: nothing is done in nobody's name.
        """
        if self._by == NOBODY:
            raise AccessError(Finding("You aren't signed in.", "Reload the page and sign in."))
        return self._by

    @property
    def shown_name(self) -> str:
        """Return who acts, for the page; empty while nobody does."""
        return self._by

    def admit(self, by: str, role: Role | None, *, signed_in: bool) -> None:
        """Let somebody act."""
        self._by, self.role, self.signed_in = by, role, signed_in

    @property
    def book(self) -> QuoteBook:
        """Return the quotes as who acts sees and changes them."""
        return QuoteBook(self.store, self.settings, self.by, self.cache)

    def close(self) -> None:
        """Let go of everything; unfinished jobs stay in the store."""
        self.desk.close()
        self.store.close()
