"""Users and their roles: passwords as argon2 hashes only, and no account by default."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bng_opt.errors import AccessError, Finding, InputError
from bng_opt.market.store.audit import record
from bng_opt.market.store.database import Store
from bng_opt.market.store.names import email_problems, name_key, name_problems
from bng_opt.market.store.tables import Role, UserRow

SHORTEST_PASSWORD = 12
"""Characters: length is what makes a password hard to guess (NIST SP 800-63B)."""
LONGEST_PASSWORD = 1024
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody")
"""Compared with where there is no such user, so that time doesn't tell who is one."""


@dataclass(frozen=True)
class User:
    """Who may sign in."""

    name: str
    role: Role
    email: str = ""
    active: bool = True

    def as_dict(self) -> dict[str, object]:
        """Return the user as plain values."""
        return {
            "name": self.name,
            "role": self.role.value,
            "email": self.email,
            "active": self.active,
        }


def add_user(
    store: Store, name: str, role: Role, password: str, *, by: str, email: str = ""
) -> User:
    """Add a user; the first one of a store has to be an admin.

    Raises
    ------
    InputError
        If the name is taken, or name, password or e-mail can't be, with all findings.
    AccessError
        If who acts is a user without the role admin.
    """
    findings = [*name_problems(name, "user"), *password_problems(password, name)]
    findings += email_problems(email)
    if findings:
        raise InputError(findings)
    hashed = _HASHER.hash(password)
    with store.write() as session:
        authorise(session, by, Role.ADMIN)
        if not _count(session) and role is not Role.ADMIN:
            raise InputError(Finding("The store has no admin yet.", "Make an admin first."))
        if _row(session, name) is not None:
            raise InputError(Finding(f'There is a user "{name}" already.', "Choose another name."))
        session.add(
            UserRow(
                name=name.strip(),
                name_key=name_key(name),
                email=email,
                role=role.value,
                password_hash=hashed,
                made_at=store.clock(),
                made_by=by,
            )
        )
        _record(session, store, by, "added", name, {"role": role.value})
    return User(name.strip(), role, email)


def change_user(
    store: Store,
    name: str,
    *,
    by: str,
    role: Role | None = None,
    active: bool | None = None,
    password: str | None = None,
) -> User:
    """Change a user's role or password, or whether they may sign in.

    Raises
    ------
    InputError
        If there is no such user, the password can't be, or no active admin would be left.
    AccessError
        If who acts is a user without the role admin.
    """
    if password is not None and (findings := password_problems(password, name)):
        raise InputError(findings)
    hashed = None if password is None else _HASHER.hash(password)
    with store.write() as session:
        authorise(session, by, Role.ADMIN)
        row = _known(session, name)
        row.role = row.role if role is None else role.value
        row.active = row.active if active is None else active
        row.password_hash = hashed or row.password_hash
        session.flush()
        if not _count(session, UserRow.active, UserRow.role == Role.ADMIN.value):
            raise InputError(
                Finding("No active admin would be left.", "Make another user an admin first.")
            )
        changes = {"role": row.role, "active": row.active, "password": password is not None}
        _record(session, store, by, "changed", row.name, changes)
        return _user(row)


def sign_in(store: Store, name: str, password: str) -> User:
    """Return the user of this name and password.

    Raises
    ------
    AccessError
        If name and password don't fit, or the user may no longer sign in; the error
        doesn't say which.
    """
    with store.read() as session:
        row = _row(session, name)
    fits = _fits(_NOBODY if row is None else row.password_hash, password[:LONGEST_PASSWORD])
    if row is None or not row.active or not fits:
        remedy = "Type both again, or ask an admin for a new password."
        raise AccessError(Finding("Name and password don't fit.", remedy))
    if _HASHER.check_needs_rehash(row.password_hash):
        with store.write() as session:
            _known(session, name).password_hash = _HASHER.hash(password)
    return _user(row)


def find_user(store: Store, name: str) -> User | None:
    """Return the user of this name; None if there is none."""
    with store.read() as session:
        row = _row(session, name)
        return None if row is None else _user(row)


def sign_in_mark(store: Store, name: str) -> str:
    """Return what changes with a user's password, so that sign-ins end with it; empty for nobody.

    It tells nothing of the password.
    """
    with store.read() as session:
        row = _row(session, name)
        return "" if row is None else sha256(row.password_hash.encode()).hexdigest()


def list_users(store: Store) -> tuple[User, ...]:
    """Return all users by name."""
    with store.read() as session:
        return tuple(map(_user, session.scalars(select(UserRow).order_by(UserRow.name_key))))


def authorise(session: Session, who: str, needed: Role) -> None:
    """See that who acts may do what needs this role.

    Somebody who is no user of the store acts by the rights of their account on the machine
    or the database, which the store can't narrow; the audit log has their name all the same.

    Raises
    ------
    AccessError
        If it is a user who isn't active, or whose role is less.
    """
    row = _row(session, who)
    if row is None:
        return
    if not row.active:
        raise AccessError(Finding(f'The user "{row.name}" is not active.', "Ask an admin."))
    if not Role(row.role).may(needed):
        raise AccessError(
            Finding(f'"{row.name}" is {row.role}; this takes {needed.value}.', "Ask an admin.")
        )


def named_admin(session: Session, name: str) -> str:
    """Return the name of an active admin, as the store spells it.

    Raises
    ------
    AccessError
        If it is none.
    """
    row = _row(session, name)
    if row is None or not row.active or row.role != Role.ADMIN.value:
        admins = session.scalars(
            select(UserRow.name)
            .where(UserRow.active, UserRow.role == Role.ADMIN.value)
            .order_by(UserRow.name_key)
        ).all()
        listed = ", ".join(admins) or "none yet (bng-opt user add NAME --role admin)"
        raise AccessError(
            Finding(f'"{name}" is no active admin, who could approve.', f"Admins: {listed}.")
        )
    return row.name


def password_problems(password: str, name: str) -> list[Finding]:
    """Return what is wrong with a password."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return [
            Finding(
                f"The password has {len(password)} characters.",
                f"Use {SHORTEST_PASSWORD} to {LONGEST_PASSWORD}; a sentence is fine.",
            )
        ]
    if name_key(password) == name_key(name) or len(set(password)) < 5:
        return [Finding("The password is easy to guess.", "Use a sentence that only you know.")]
    return []


def _fits(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _row(session: Session, name: str) -> UserRow | None:
    return session.scalar(select(UserRow).where(UserRow.name_key == name_key(name)))


def _known(session: Session, name: str) -> UserRow:
    row = _row(session, name)
    if row is None:
        raise InputError(Finding(f'There is no user "{name}".', "See: bng-opt user list"))
    return row


def _count(session: Session, *conditions: object) -> int:
    statement = select(func.count()).select_from(UserRow)
    for condition in conditions:
        statement = statement.where(condition)  # type: ignore[arg-type]
    return session.scalar(statement) or 0


def _user(row: UserRow) -> User:
    return User(row.name, Role(row.role), row.email, row.active)


def _record(
    session: Session, store: Store, by: str, action: str, name: str, details: dict[str, object]
) -> None:
    record(
        session, at=store.clock(), who=by, action=action, kind="user", subject=name.strip(),
        details=details,
    )  # fmt: skip
