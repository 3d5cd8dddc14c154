"""Start a page: open what it stands on, and meet the browser when it arrives.

With preheated kernels the page is made before anybody asks for it; who acts, the run that is
asked for and the draft come with the arrival.
"""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING

from bng_opt.app.environment import jobs_are_worked_elsewhere
from bng_opt.app.identity import machine_account, who_acts
from bng_opt.app.link import Arrival, PageLink
from bng_opt.app.services import NOBODY, Services
from bng_opt.app.state.session import Session
from bng_opt.app.views.kit import column
from bng_opt.app.views.page import Page
from bng_opt.app.views.shell import Shell
from bng_opt.errors import BngOptError
from bng_opt.logs import set_up_logging
from bng_opt.market.store import open_store
from bng_opt.runtime.cache import Cache
from bng_opt.runtime.jobs import Desk
from bng_opt.settings import Settings, SignIn

if TYPE_CHECKING:
    import ipywidgets as widgets

_log = logging.getLogger(__name__)


def start_page(settings: Settings | None = None) -> widgets.Widget:
    """Return a page of the dashboard (:func:`bng_opt.app.start`)."""
    settings = settings or Settings()
    set_up_logging(settings)
    return _Start(open_services(settings)).box


def open_services(settings: Settings) -> Services:
    """Return what a page stands on.

    Where people have to sign in, nobody acts until the browser says who did.
    """
    store = open_store(settings.database, busy_timeout_s=settings.busy_timeout_s)
    desk = Desk(store, settings, runs=not jobs_are_worked_elsewhere(os.environ))
    services = Services(settings, store, desk, Cache(settings), NOBODY)
    if settings.app_sign_in in (SignIn.NONE, SignIn.TOKEN):
        actor = machine_account(settings, store)
        services.admit(actor.name, actor.role, signed_in=False)
    return services


class _Start:
    """A page, and what happens when its browser arrives."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._session = Session(services)
        self._link = PageLink(on_arrival=self._arrive)
        self._page = Page(self._session, self._link)
        # Before the views: what the page shows is kept, however soon it is reloaded.
        self._session.changed.connect(self._keep_draft)
        self._shell = Shell(self._page)
        self.box = column(self._link, self._shell.box)

    def _arrive(self, arrival: Arrival) -> None:
        self._page.attempt(lambda: self._welcome(arrival), self._shell.notice)

    def _welcome(self, arrival: Arrival) -> None:
        services = self._services
        actor = who_acts(arrival.ticket, os.environ, services.settings, services.store)
        services.admit(actor.name, actor.role, signed_in=actor.is_signed_in)
        self._shell.show_who()
        if run := arrival.query.get("run"):
            self._session.open_run(run)
        elif arrival.draft:
            self._enter_draft(arrival.draft)

    def _enter_draft(self, draft: str) -> None:
        try:
            self._session.set_state(json.loads(draft))
        except BngOptError:
            raise
        except (ValueError, KeyError, TypeError) as error:
            # The draft is the browser's: whatever it holds, the page has to work.
            _log.warning("A draft can't be read: %s", error)
            self._link.keep_draft("")

    def _keep_draft(self, _: object) -> None:
        self._link.keep_draft(json.dumps(self._session.get_state()))
        self._link.set_query(run=self._session.optimise.run_id)
