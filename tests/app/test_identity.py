"""Who acts on a page: tickets, users, the hub, the machine's account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bng_opt.app.environment import TICKET_KEY
from bng_opt.app.identity import TICKET_S, make_ticket, read_ticket, who_acts
from bng_opt.errors import AccessError
from bng_opt.market.store import Store, open_store
from bng_opt.market.store.tables import Role
from bng_opt.market.store.users import add_user, change_user
from bng_opt.settings import Settings, SignIn

KEY = b"k" * 32
ENVIRON = {TICKET_KEY: KEY.hex()}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a store with an admin and an analyst."""
    with open_store(tmp_path / "store.sqlite") as opened:
        add_user(opened, "Ada", Role.ADMIN, "a long sentence of Ada", by="installer")
        add_user(opened, "Björn O'Hare", Role.ANALYST, "a long sentence of his", by="Ada")
        yield opened


def signed_in_by(mode: SignIn) -> Settings:
    return Settings(app_sign_in=mode, user="Machine")


@pytest.mark.parametrize("mode", [SignIn.USERS, SignIn.PROXY])
def test_a_ticket_says_who_acts_and_the_store_what_they_may(store: Store, mode: SignIn) -> None:
    ticket = make_ticket(KEY, "Björn O'Hare")
    actor = who_acts(ticket, ENVIRON, signed_in_by(mode), store)
    assert (actor.name, actor.role, actor.is_signed_in) == ("Björn O'Hare", Role.ANALYST, True)


def test_a_forged_late_or_missing_ticket_lets_nobody_in(store: Store) -> None:
    good = make_ticket(KEY, "Ada", now=0.0)
    expires, _, signature = good.split(".")
    other = make_ticket(b"x" * 32, "Ada", now=0.0)
    forged = make_ticket(KEY, "Vic", now=0.0).split(".")[1]
    for ticket in ("", "..", "nonsense", other, f"{expires}.{forged}.{signature}", f"9{good}"):
        with pytest.raises(AccessError, match="aren't signed in"):
            read_ticket(KEY, ticket, now=1.0)
    with pytest.raises(AccessError, match="too late"):
        read_ticket(KEY, good, now=TICKET_S + 1)
    with pytest.raises(AccessError):
        who_acts("", {}, signed_in_by(SignIn.USERS), store)


def test_who_was_shut_out_is_out(store: Store) -> None:
    ticket = make_ticket(KEY, "Björn O'Hare")
    change_user(store, "Björn O'Hare", active=False, by="Ada")
    with pytest.raises(AccessError, match="no active user"):
        who_acts(ticket, ENVIRON, signed_in_by(SignIn.USERS), store)


def test_the_hub_says_who_acts(store: Store) -> None:
    settings = signed_in_by(SignIn.JUPYTERHUB)
    assert who_acts("", {"JUPYTERHUB_USER": "Ada"}, settings, store).role is Role.ADMIN
    with pytest.raises(AccessError, match="no active user"):
        who_acts("", {"JUPYTERHUB_USER": "Eve"}, settings, store)
    with pytest.raises(AccessError, match="JupyterHub doesn't say"):
        who_acts("", {}, settings, store)


@pytest.mark.parametrize("mode", [SignIn.NONE, SignIn.TOKEN])
def test_without_users_the_machine_s_account_acts(store: Store, mode: SignIn) -> None:
    actor = who_acts("", {}, signed_in_by(mode), store)
    assert (actor.name, actor.role, actor.is_signed_in) == ("Machine", None, False)
