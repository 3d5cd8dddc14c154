"""Who acts on a page, known without trusting the browser.

A browser that has signed in is handed a ticket by the server: a name and a time, signed with a
secret that only the server and its kernels know. The kernel believes nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bng_opt.app.environment import TICKET_KEY
from bng_opt.errors import AccessError, Finding
from bng_opt.settings import Settings, SignIn, acting_user

if TYPE_CHECKING:
    from bng_opt.market.store import Store
    from bng_opt.market.store.tables import Role

TICKET_S = 120.0
"""A ticket is for the page that has just been opened [s]."""
HUB_USER = "JUPYTERHUB_USER"
_AGAIN = "Reload the page; sign in again if you are asked to."


@dataclass(frozen=True)
class Actor:
    """Who acts.

    Attributes
    ----------
    name
        As the audit log records it.
    role
        What they may do as a user of the store; None for the machine's own account.
    is_signed_in
        Whether they signed in here, and so can sign out.
    """

    name: str
    role: Role | None = None
    is_signed_in: bool = False


def make_ticket(key: bytes, name: str, now: float | None = None) -> str:
    """Return a ticket for a name.

    >>> ticket = make_ticket(b"secret", "Ann", now=0.0)
    >>> read_ticket(b"secret", ticket, now=60.0)
    'Ann'
    """
    expires = (time.time() if now is None else now) + TICKET_S
    content = f"{expires:.0f}.{base64.urlsafe_b64encode(name.encode()).decode()}"
    return f"{content}.{_signature(key, content)}"


def read_ticket(key: bytes, ticket: str, now: float | None = None) -> str:
    """Return the name that a ticket is for.

    Raises
    ------
    AccessError
        If nobody signed it, or its time is over.
    """
    content, _, signature = ticket.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(key, content).encode()):
        raise AccessError(Finding("You aren't signed in.", _AGAIN))
    expires, _, name = content.partition(".")
    if (time.time() if now is None else now) > float(expires):
        raise AccessError(Finding("Your sign-in came too late.", _AGAIN))
    return base64.urlsafe_b64decode(name.encode()).decode()


def who_acts(ticket: str, environ: Mapping[str, str], settings: Settings, store: Store) -> Actor:
    """Return who acts on a page whose browser has arrived.

    Parameters
    ----------
    ticket
        What the browser brought.
    environ
        The kernel's environment.
    settings, store
        How people sign in, and where the users are.

    Raises
    ------
    AccessError
        If they have to sign in and haven't, or are no active user of the store.
    """
    if settings.app_sign_in in (SignIn.NONE, SignIn.TOKEN):
        return machine_account(settings, store)
    if settings.app_sign_in is SignIn.JUPYTERHUB:
        name = environ.get(HUB_USER, "")
        if not name:
            remedy = "Start it from JupyterHub, or set BNG_OPT_APP_SIGN_IN."
            raise AccessError(Finding("JupyterHub doesn't say who you are.", remedy))
        return _user(store, name)
    name = read_ticket(bytes.fromhex(environ.get(TICKET_KEY, "")), ticket)
    return _user(store, name)


def machine_account(settings: Settings, store: Store) -> Actor:
    """Return the settings' own user, with their role if the store knows them."""
    from bng_opt.market.store.users import find_user

    name = acting_user(settings)
    user = find_user(store, name)
    return Actor(name, None if user is None else user.role)


def _user(store: Store, name: str) -> Actor:
    from bng_opt.market.store.users import find_user

    user = find_user(store, name)
    if user is None or not user.active:
        remedy = "Ask an admin to add you: bng-opt user add NAME --role ROLE."
        raise AccessError(Finding(f'"{name}" is no active user of the store.', remedy))
    return Actor(user.name, user.role, is_signed_in=True)


def _signature(key: bytes, content: str) -> str:
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()
