"""API keys: by one a program acts as a user of the store; shown once, kept as a hash only."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bng_opt.errors import AccessError, Finding, InputError
from bng_opt.market.store.audit import record
from bng_opt.market.store.database import Store
from bng_opt.market.store.names import name_key, name_problems
from bng_opt.market.store.tables import ApiKeyRow, Role, UserRow
from bng_opt.market.store.users import User, authorise

LONGEST_DAYS = 3650
_PREFIX_BYTES = 6
_SECRET_BYTES = 32
"""256 bits: a key can't be guessed, so a plain hash is enough and quick."""
_FORM = re.compile(r"bng_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
_NO_KEY = hashlib.sha256(secrets.token_bytes(_SECRET_BYTES)).hexdigest()
"""Compared with where there is no such key, so that time doesn't tell which there are."""
_REFUSED = Finding(
    "The API key isn't valid: unknown, expired, revoked, or of a user who isn't active.",
    "Ask an admin for a new key: bng-opt user key add.",
)


@dataclass(frozen=True)
class ApiKey:
    """What is known of a key, without the key.

    Attributes
    ----------
    prefix
        Names the key; its first part.
    name
        What it is for.
    user
        Who acts by it.
    """

    prefix: str
    name: str
    user: str
    made_at: datetime
    made_by: str
    expires_at: datetime
    revoked_at: datetime | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the key as plain values."""
        revoked = self.revoked_at.isoformat() if self.revoked_at else None
        return {
            "prefix": self.prefix,
            "name": self.name,
            "user": self.user,
            "made_at": self.made_at.isoformat(),
            "made_by": self.made_by,
            "expires_at": self.expires_at.isoformat(),
            "revoked_at": revoked,
        }


@dataclass(frozen=True)
class KeyHolder:
    """Who acts, and by which key."""

    user: User
    prefix: str


def add_key(store: Store, user: str, name: str, *, days: int, by: str) -> tuple[ApiKey, str]:
    """Make a key for a user.

    Parameters
    ----------
    store
        Where it is kept.
    user
        Who is to act by it.
    name
        What it is for.
    days
        How long it holds [days].
    by
        Who makes it: an admin, or the user.

    Returns
    -------
    What is known of the key, and the key itself: nothing can show it again.

    Raises
    ------
    InputError
        If there is no such user, the user isn't active, or name or days can't be.
    AccessError
        If who acts may not.
    """
    findings = name_problems(name, "key")
    if not 1 <= days <= LONGEST_DAYS:
        findings.append(
            Finding(f"The key would hold for {days} days.", f"Use 1 to {LONGEST_DAYS}.")
        )
    if findings:
        raise InputError(findings)
    prefix, secret = secrets.token_hex(_PREFIX_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    key = f"bng_{prefix}_{secret}"
    with store.write() as session:
        owner = _known_user(session, user)
        _authorise(session, by, owner)
        if not owner.active:
            raise InputError(
                Finding(f'The user "{owner.name}" is not active.', "bng-opt user change --active")
            )
        made_at = store.clock()
        row = ApiKeyRow(
            user_id=owner.id,
            name=name.strip(),
            prefix=prefix,
            key_hash=_hashed(key),
            made_at=made_at,
            made_by=by,
            expires_at=made_at + timedelta(days=days),
        )
        session.add(row)
        _record(session, store, by, "added", row, owner)
        return _api_key(row, owner), key


def revoke_key(store: Store, prefix: str, *, by: str) -> ApiKey:
    """Make a key hold no longer; one that is revoked already stays as it is.

    Raises
    ------
    InputError
        If there is no such key.
    AccessError
        If who acts is neither an admin nor the key's user.
    """
    with store.write() as session:
        found = session.execute(
            select(ApiKeyRow, UserRow)
            .join(UserRow, UserRow.id == ApiKeyRow.user_id)
            .where(ApiKeyRow.prefix == prefix.strip().removeprefix("bng_"))
        ).first()
        if found is None:
            finding = Finding(f'There is no key "{prefix}".', "See: bng-opt user key list")
            raise InputError(finding)
        row, owner = found
        _authorise(session, by, owner)
        if row.revoked_at is None:
            row.revoked_at = store.clock()
            _record(session, store, by, "revoked", row, owner)
        return _api_key(row, owner)


def list_keys(store: Store, user: str | None = None) -> tuple[ApiKey, ...]:
    """Return all keys, or one user's, the oldest first.

    Raises
    ------
    InputError
        If there is no such user.
    """
    statement = (
        select(ApiKeyRow, UserRow)
        .join(UserRow, UserRow.id == ApiKeyRow.user_id)
        .order_by(ApiKeyRow.id)
    )
    with store.read() as session:
        if user is not None:
            statement = statement.where(UserRow.id == _known_user(session, user).id)
        return tuple(_api_key(row, owner) for row, owner in session.execute(statement))


def holder_of(store: Store, key: str) -> KeyHolder:
    """Return who acts by a key.

    Raises
    ------
    AccessError
        If it isn't valid; the error doesn't say why, as only its owner should know.
    """
    form = _FORM.fullmatch(key.strip())
    prefix = form.group(1) if form else ""
    with store.read() as session:
        found = session.execute(
            select(ApiKeyRow, UserRow)
            .join(UserRow, UserRow.id == ApiKeyRow.user_id)
            .where(ApiKeyRow.prefix == prefix)
        ).first()
    expected = found[0].key_hash if found else _NO_KEY
    fits = hmac.compare_digest(_hashed(key.strip()), expected)
    if found is None or not fits or not _holds(*found, store.clock()):
        raise AccessError(_REFUSED)
    row, owner = found
    return KeyHolder(User(owner.name, Role(owner.role), owner.email, owner.active), row.prefix)


def _holds(row: ApiKeyRow, owner: UserRow, at: datetime) -> bool:
    return owner.active and row.revoked_at is None and at < row.expires_at


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _known_user(session: Session, name: str) -> UserRow:
    row = session.scalar(select(UserRow).where(UserRow.name_key == name_key(name)))
    if row is None:
        raise InputError(Finding(f'There is no user "{name}".', "See: bng-opt user list"))
    return row


def _authorise(session: Session, by: str, owner: UserRow) -> None:
    """Let an admin manage everybody's keys, and a user their own."""
    own = name_key(by) == owner.name_key
    authorise(session, by, Role.VIEWER if own else Role.ADMIN)


def _api_key(row: ApiKeyRow, owner: UserRow) -> ApiKey:
    return ApiKey(
        row.prefix,
        row.name,
        owner.name,
        row.made_at,
        row.made_by,
        row.expires_at,
        row.revoked_at,
    )


def _record(
    session: Session, store: Store, by: str, action: str, row: ApiKeyRow, owner: UserRow
) -> None:
    record(
        session, at=store.clock(), who=by, action=action, kind="api key", subject=row.prefix,
        details={"user": owner.name, "name": row.name, "expires_at": row.expires_at.isoformat()},
    )  # fmt: skip
