"""API keys: shown once, kept as a hash, valid only as long as they and their user are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bng_opt.errors import AccessError, InputError
from bng_opt.market.store import Store, open_store
from bng_opt.market.store.api_keys import add_key, holder_of, list_keys, revoke_key
from bng_opt.market.store.tables import ApiKeyRow, AuditRow, Role
from bng_opt.market.store.users import add_user, change_user

PASSWORD = "a long sentence for the tests only"


@pytest.fixture
def staffed(store: Store) -> Store:
    """Return a store with an admin and two analysts."""
    for name, role in (("Ann", Role.ADMIN), ("Bob", Role.ANALYST), ("Cyd", Role.ANALYST)):
        add_user(store, name, role, PASSWORD, by="installer" if name == "Ann" else "Ann")
    return store


def test_who_has_the_key_acts_as_its_user(staffed: Store) -> None:
    made, key = add_key(staffed, " BOB ", "reports", days=30, by="Ann")
    holder = holder_of(staffed, f" {key}\n")
    assert (holder.user.name, holder.user.role, holder.prefix) == ("Bob", Role.ANALYST, made.prefix)
    assert made.expires_at - made.made_at == timedelta(days=30)


def test_the_key_itself_is_kept_nowhere(staffed: Store) -> None:
    _, key = add_key(staffed, "Bob", "reports", days=30, by="Ann")
    secret = key.split("_", 2)[2]
    with staffed.read() as session:
        rows = [str(vars(row)) for row in session.scalars(select(ApiKeyRow))]
        log = [str(vars(row)) for row in session.scalars(select(AuditRow))]
    assert any("reports" in text for text in log)
    assert not any(secret in text for text in [*rows, *log])


def test_two_keys_have_nothing_in_common(staffed: Store) -> None:
    keys = [add_key(staffed, "Bob", "reports", days=30, by="Ann")[1] for _ in range(20)]
    parts = [part for key in keys for part in key.split("_", 2)[1:]]
    assert len(set(parts)) == 40


def test_a_role_that_is_changed_holds_for_the_key_at_once(staffed: Store) -> None:
    _, key = add_key(staffed, "Bob", "reports", days=30, by="Ann")
    change_user(staffed, "Bob", by="Ann", role=Role.VIEWER)
    assert holder_of(staffed, key).user.role is Role.VIEWER


def test_a_revoked_key_is_refused_and_stays_so(staffed: Store) -> None:
    made, key = add_key(staffed, "Bob", "reports", days=30, by="Ann")
    first = revoke_key(staffed, made.prefix, by="Ann")
    again = revoke_key(staffed, f"bng_{made.prefix}", by="Ann")
    assert first.revoked_at == again.revoked_at
    with pytest.raises(AccessError, match="isn't valid"):
        holder_of(staffed, key)


def test_an_inactive_user_s_keys_are_refused_and_none_are_made(staffed: Store) -> None:
    _, key = add_key(staffed, "Bob", "reports", days=30, by="Ann")
    change_user(staffed, "Bob", by="Ann", active=False)
    with pytest.raises(AccessError, match="isn't valid"):
        holder_of(staffed, key)
    with pytest.raises(InputError, match="not active"):
        add_key(staffed, "Bob", "more", days=30, by="Ann")


def test_a_key_ends_with_its_last_day_to_the_moment(store_url: str) -> None:
    now = [datetime(2026, 1, 1, 12, tzinfo=UTC)]
    with open_store(store_url, clock=lambda: now[0]) as store:
        add_user(store, "Ann", Role.ADMIN, PASSWORD, by="installer")
        made, key = add_key(store, "Ann", "reports", days=1, by="Ann")
        now[0] = made.expires_at - timedelta(microseconds=1)
        assert holder_of(store, key).user.name == "Ann"
        now[0] = made.expires_at
        with pytest.raises(AccessError, match="isn't valid"):
            holder_of(store, key)


def test_keys_are_the_admin_s_business_and_one_s_own(staffed: Store) -> None:
    made, _ = add_key(staffed, "Bob", "mine", days=30, by="Bob")
    for act in (
        lambda: add_key(staffed, "Bob", "not mine", days=30, by="Cyd"),
        lambda: revoke_key(staffed, made.prefix, by="Cyd"),
    ):
        with pytest.raises(AccessError, match="takes admin"):
            act()
    assert [key.name for key in list_keys(staffed)] == ["mine"]
    assert list_keys(staffed, "Cyd") == ()
    assert revoke_key(staffed, made.prefix, by="Bob").revoked_at is not None


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_a_key_holds_for_days_that_can_be(staffed: Store, days: int) -> None:
    with pytest.raises(InputError, match=f"{days} days"):
        add_key(staffed, "Bob", "reports", days=days, by="Ann")


def test_name_and_days_are_refused_together(staffed: Store) -> None:
    with pytest.raises(InputError) as raised:
        add_key(staffed, "Bob", "", days=0, by="Ann")
    assert len(raised.value.findings) == 2


@pytest.fixture(scope="module")
def one_key(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Return a store of one key, and the key."""
    path = str(tmp_path_factory.mktemp("keys") / "store.sqlite")
    with open_store(path) as store:
        add_user(store, "Ann", Role.ADMIN, PASSWORD, by="installer")
        return path, add_key(store, "Ann", "reports", days=1, by="Ann")[1]


@given(text=st.text(max_size=100))
def test_no_other_text_is_a_key(one_key: tuple[str, str], text: str) -> None:
    with open_store(one_key[0]) as store, pytest.raises(AccessError):
        holder_of(store, text)


@given(place=st.integers(0, 59), letter=st.sampled_from("abcdefAZ019_-"))
def test_one_letter_changed_is_no_key(one_key: tuple[str, str], place: int, letter: str) -> None:
    path, key = one_key
    changed = key[:place] + letter + key[place + 1 :]
    if changed == key:
        return
    with open_store(path) as store, pytest.raises(AccessError):
        holder_of(store, changed)
