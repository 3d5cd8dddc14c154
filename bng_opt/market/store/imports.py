"""Import a market into the store: compared first, then changed as a whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, InputError
from bng_opt.market.files import load_market
from bng_opt.market.schema import PRICING
from bng_opt.market.snapshot import Market
from bng_opt.market.sources import Source, store_of
from bng_opt.market.store.aliases import list_aliases
from bng_opt.market.store.applying import apply_prices, apply_rows
from bng_opt.market.store.audit import record
from bng_opt.market.store.contents import kept_banks, kept_lines, kept_parcels, price_spans
from bng_opt.market.store.database import Store
from bng_opt.market.store.differences import MarketChanges
from bng_opt.market.store.exactness import kept_market
from bng_opt.market.store.lists import check_beginning, next_number, waiting_lists
from bng_opt.market.store.planning import Contents, ImportPlan, plan_import
from bng_opt.market.store.reservations import expire_due, live_units
from bng_opt.market.store.tables import PriceListRow, Role
from bng_opt.market.store.users import authorise
from bng_opt.quantities import ZERO


def import_market(
    store: Store,
    source: Source | Market,
    *,
    by: str,
    valid_from: date | None = None,
    partial: bool = False,
    dry_run: bool = False,
    note: str = "",
    aliases: Mapping[str, str] | None = None,
) -> MarketChanges:
    """Make the store's market what a source says.

    Banks and lines that the source lacks are withdrawn, never deleted: old quotes name them.
    Units of a line are its whole stock as listed; sales and reservations come off them.

    Parameters
    ----------
    store
        What is changed.
    source
        What :func:`bng_opt.load_market` reads from files or DataFrames, or a market.
    by
        Who imports, for the audit log.
    valid_from
        When its prices begin; today by default. Banks and stock change at once.
    partial
        Whether banks that the source doesn't name stay as they are.
    dry_run
        Whether to say only what would change.
    note
        What to remember of it.
    aliases
        What the source calls habitats, besides the names that the store knows.

    Returns
    -------
    MarketChanges
        What changed; nothing if the store had it all.

    Raises
    ------
    InputError
        With every finding of every table; nothing is changed then.
    AccessError
        If ``by`` is a user who may not import.
    """
    market, warnings = _given(store, source, aliases or {})
    now = store.clock()
    job = _Import(
        market, _name_of(source), by, now, valid_from or now.date(), partial, dry_run, note
    )
    if dry_run:
        with store.read() as session:
            changes = job.compare(session)
    else:
        changes = store.run(job.carry_out)
    return replace(changes, warnings=(*warnings, *changes.warnings))


def _given(
    store: Store, source: Source | Market, aliases: Mapping[str, str]
) -> tuple[Market, list[Finding]]:
    """Return the market of a source as the store keeps it, and what was noted reading it."""
    if not isinstance(source, Market):
        if store_of(source) is not None:
            message = "A store isn't imported as it stands: sales have come off its stock."
            remedy = "Export it there (bng-opt market export), and import the files."
            raise InputError(Finding(message, remedy, file=str(source)))
        known = {each.alias: each.habitat for each in list_aliases(store)}
        source = load_market(source, aliases={**known, **aliases})
    kept, rounded = kept_market(source)
    return kept, [*source.warnings, *rounded]


def _name_of(source: Source | Market) -> str:
    if isinstance(source, Market):
        return "a market in memory"
    return "DataFrames" if isinstance(source, Mapping) else str(source)


@dataclass(frozen=True)
class _Import:
    """One import, as it is done within a transaction."""

    market: Market
    source: str
    by: str
    now: datetime
    day: date
    partial: bool
    dry_run: bool
    note: str

    def compare(self, session: Session) -> MarketChanges:
        """Return what the import would change."""
        contents = self._contents(session)
        live = live_units(session, self.now)
        # A reservation whose time is over is closed by the import itself.
        lines = {
            key: replace(line, reserved=live.get(key, ZERO)) for key, line in contents.lines.items()
        }
        plan = self._plan(session, replace(contents, lines=lines))
        return self._changes(plan, None if plan.spans.is_empty else next_number(session))

    def carry_out(self, session: Session) -> MarketChanges:
        """Change the store and return what changed."""
        _one_at_a_time(session)
        expire_due(session, self.now)
        contents = self._contents(session)
        plan = self._plan(session, contents)
        apply_rows(session, plan, contents)
        number = None
        if not plan.spans.is_empty:
            number = next_number(session)
            apply_prices(session, plan.spans, self._list(number))
        changes = self._changes(plan, number)
        record(
            session,
            at=self.now,
            who=self.by,
            action="imported",
            kind="market",
            subject="market",
            details={
                "source": self.source,
                "note": self.note,
                "price_list": number,
                "valid_from": self.day.isoformat(),
                "partial": self.partial,
                "counts": changes.counts(),
                "content": self.market.snapshot,
            },
        )
        return changes

    def _contents(self, session: Session) -> Contents:
        authorise(session, self.by, Role.ANALYST)
        check_beginning(session, self.day, self.now.date())
        return Contents(
            kept_banks(session),
            kept_lines(session, lock=not self.dry_run),
            price_spans(session, self.day),
            kept_parcels(session),
        )

    def _plan(self, session: Session, contents: Contents) -> ImportPlan:
        plan = plan_import(contents, self.market, self.day, partial=self.partial)
        warnings = list(plan.warnings)
        if not plan.spans.is_empty:
            warnings += waiting_lists(session, self.day)
        at_once = any(change.table != PRICING.name for change in plan.changes)
        if self.day > self.now.date() and at_once and contents.banks:
            message = f"Banks and stock change at once; the prices do on {self.day}."
            remedy = "Import them on that day to change all together."
            warnings.append(Finding(message, remedy))
        return replace(plan, warnings=tuple(warnings))

    def _list(self, number: int) -> PriceListRow:
        return PriceListRow(
            number=number,
            source=self.source,
            note=self.note,
            content_hash=self.market.snapshot,
            valid_from=self.day,
            imported_at=self.now,
            imported_by=self.by,
        )

    def _changes(self, plan: ImportPlan, number: int | None) -> MarketChanges:
        return MarketChanges(
            self.source,
            plan.changes,
            plan.warnings,
            number,
            self.day,
            self.partial,
            self.dry_run,
        )


def _one_at_a_time(session: Session) -> None:
    """Wait until no other import is under way; on SQLite every writer waits already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE price_lists IN EXCLUSIVE MODE"))
