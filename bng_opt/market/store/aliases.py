"""Habitat aliases: what somebody else calls a habitat of the statutory metric."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, InputError
from bng_opt.market.store.audit import record
from bng_opt.market.store.database import Store
from bng_opt.market.store.tables import HabitatAliasRow, Role
from bng_opt.market.store.users import authorise
from bng_opt.reference import catalogue, nearest, normalise

_KIND = "habitat alias"


@dataclass(frozen=True)
class Alias:
    """A name, the statutory habitat that it stands for, and who said so when."""

    alias: str
    habitat: str
    made_at: datetime
    made_by: str

    def as_dict(self) -> dict[str, object]:
        """Return the alias as plain values."""
        return {
            "alias": self.alias,
            "habitat": self.habitat,
            "made_at": self.made_at.isoformat(),
            "made_by": self.made_by,
        }


def add_alias(store: Store, alias: str, habitat: str, *, by: str) -> Alias:
    """Say what a name stands for; said again of the same name, the newer counts.

    Parameters
    ----------
    store
        Where it is kept.
    alias
        The name; its case, blanks and punctuation don't matter.
    habitat
        A habitat of the statutory metric.
    by
        Who says so.

    Raises
    ------
    InputError
        If the habitat is unknown, or the alias is the statutory name of one.
    """
    _check(alias, habitat)
    name = catalogue().find(habitat).name
    now = store.clock()

    def change(session: Session) -> Alias:
        authorise(session, by, Role.ANALYST)
        key = normalise(alias)
        row = session.get(HabitatAliasRow, key)
        before = None if row is None else row.habitat
        if row is not None and before == name:
            return _of(row)
        if row is None:
            row = HabitatAliasRow(alias_key=key)
            session.add(row)
        row.alias, row.habitat, row.made_at, row.made_by = alias.strip(), name, now, by
        details = {"habitat": name, "before": before}
        action = "added" if before is None else "changed"
        record(
            session, at=now, who=by, action=action, kind=_KIND, subject=row.alias, details=details
        )
        return _of(row)

    return store.run(change)


def remove_alias(store: Store, alias: str, *, by: str) -> Alias:
    """Forget an alias; what was imported by it stays.

    Raises
    ------
    InputError
        If there is no such alias.
    """
    now = store.clock()

    def change(session: Session) -> Alias:
        authorise(session, by, Role.ANALYST)
        row = session.get(HabitatAliasRow, normalise(alias))
        if row is None:
            raise InputError(_unknown(alias, [each.alias for each in aliases_of(session)]))
        removed = _of(row)
        session.delete(row)
        details = {"habitat": removed.habitat}
        record(
            session,
            at=now,
            who=by,
            action="removed",
            kind=_KIND,
            subject=removed.alias,
            details=details,
        )
        return removed

    return store.run(change)


def list_aliases(store: Store) -> tuple[Alias, ...]:
    """Return all aliases, by name."""
    with store.read() as session:
        return aliases_of(session)


def aliases_of(session: Session) -> tuple[Alias, ...]:
    """Return all aliases, by name."""
    rows = session.scalars(select(HabitatAliasRow).order_by(HabitatAliasRow.alias_key))
    return tuple(_of(row) for row in rows)


def _of(row: HabitatAliasRow) -> Alias:
    return Alias(row.alias, row.habitat, row.made_at, row.made_by)


def _check(alias: str, habitat: str) -> None:
    findings: list[Finding] = []
    if not normalise(alias):
        findings.append(Finding("The alias is blank.", "Give the name that others use."))
    elif (shadowed := _statutory(alias)) is not None:
        message = f'"{alias.strip()}" is the statutory name of {shadowed}.'
        findings.append(Finding(message, "It needs no alias; a statutory name can't be another's."))
    try:
        catalogue().find(habitat)
    except InputError as error:
        findings.extend(error.findings)
    if findings:
        raise InputError(findings)


def _statutory(name: str) -> str | None:
    try:
        return catalogue().find(name).name
    except InputError:
        return None


def _unknown(alias: str, known: list[str]) -> Finding:
    names = ", ".join(f'"{each}"' for each in nearest(alias, known))
    remedy = f"Nearest: {names}." if names else "There are none yet."
    return Finding(f'There is no alias "{alias}".', remedy)
