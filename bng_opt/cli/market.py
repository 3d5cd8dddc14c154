"""The commands ``bng-opt market``: the store's banks, stock and prices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated

import typer

from bng_opt.cli import options as given
from bng_opt.cli.running import say_answer
from bng_opt.cli.store import ByOption, StoreOption, opened, say_table, settings_of, word
from bng_opt.errors import ExitStatus, Finding, InputError

if TYPE_CHECKING:
    from bng_opt.market.store.holdings import Holdings

_MOST_LINES = 40
"""Lines and prices that are shown where neither bank nor habitat is named."""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
alias_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.add_typer(
    alias_app,
    name="alias",
    short_help="What others call a statutory habitat.",
    help="What others call a statutory habitat.",
)

Source = Annotated[
    str,
    typer.Argument(
        help="A folder of three CSV files, a workbook of the three tables, or the broker's "
        "back-end workbook.",
        metavar="FOLDER|XLSX",
        show_default=False,
    ),
]
At = Annotated[
    str | None,
    typer.Option("--at", help="At the prices of a day; today.", metavar="DATE"),
]


@app.command("import", epilog=given.EPILOG)
def import_(
    source: Source,
    partial: Annotated[
        bool, typer.Option("--partial", help="Leave banks as they are that it doesn't name.")
    ] = False,
    valid_from: Annotated[
        str | None,
        typer.Option("--valid-from", help="When the prices begin; today.", metavar="DATE"),
    ] = None,
    note: Annotated[
        str, typer.Option("--note", help="What to remember of it.", show_default=False)
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Make the store's market what a source says, as a whole or not at all.

    Banks and lines that it lacks are withdrawn. Units are the whole stock as listed: what the
    store has sold and reserved comes off them. A store that isn't there is made.
    """
    from bng_opt.market.store.imports import import_market
    from bng_opt.settings import acting_user

    settings = settings_of(store, by)
    begin = _day("--valid-from", valid_from)
    with opened(settings, make=not dry_run) as opened_store:
        changes = import_market(
            opened_store,
            source,
            by=acting_user(settings),
            valid_from=begin,
            partial=partial,
            dry_run=dry_run,
            note=note,
        )
    say_answer(changes.as_dict(), [_plain(changes.summary())], as_json)
    return ExitStatus.DONE


@app.command(epilog=given.EPILOG)
def export(
    target: Annotated[
        str,
        typer.Argument(
            help="The folder, or the workbook (.xlsx).", metavar="FOLDER|XLSX", show_default=False
        ),
    ],
    form: Annotated[
        str | None,
        typer.Option(
            "--form",
            help="By the target's name otherwise; backend is the broker's workbook.",
            metavar="folder|xlsx|backend",
        ),
    ] = None,
    available: Annotated[
        bool, typer.Option("--available", help="Only what is free, not the whole stock.")
    ] = False,
    at: At = None,
    store: StoreOption = None,
    as_json: given.Json = False,
) -> int:
    """Write the store's market to files, which can be imported again."""
    from bng_opt.market.store.exports import MarketForm, export_market, form_for

    wanted = word(MarketForm, form, "--form") if form else form_for(target)
    moment = _moment(at)
    with opened(settings_of(store), make=False) as opened_store:
        written = export_market(opened_store, target, form=wanted, available=available, at=moment)
    say_answer(written.as_dict(), [_plain(written.summary())], as_json)
    return ExitStatus.DONE


@app.command(epilog=given.EPILOG)
def show(
    bank: Annotated[str | None, typer.Option("--bank", help="Only this one.", metavar="ID")] = None,
    habitat: Annotated[
        str | None, typer.Option("--habitat", help="Only this one.", metavar="NAME")
    ] = None,
    at: At = None,
    store: StoreOption = None,
    as_json: given.Json = False,
) -> int:
    """Say what the store has of each line, what is sold, reserved and free, and the prices."""
    from bng_opt.market.store.holdings import read_holdings

    moment = _moment(at)
    with opened(settings_of(store), make=False) as opened_store:
        found = read_holdings(opened_store, bank=bank, habitat=habitat, at=moment)
    shown = None if bank or habitat else _MOST_LINES
    texts = [] if as_json else list(_holdings_texts(found, shown))
    say_answer(found.as_dict(), texts, as_json)
    return ExitStatus.DONE


@alias_app.command("add", epilog=given.EPILOG)
def add_alias(
    alias: Annotated[str, typer.Argument(help="The name that others use.", show_default=False)],
    habitat: Annotated[
        str, typer.Argument(help="The statutory habitat it stands for.", show_default=False)
    ],
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Say once what a name stands for; imports then know it."""
    from bng_opt.market.store import aliases
    from bng_opt.settings import acting_user

    settings = settings_of(store, by)
    with opened(settings) as opened_store:
        kept = aliases.add_alias(opened_store, alias, habitat, by=acting_user(settings))
    text = f'"{kept.alias}" stands for {kept.habitat}.'
    say_answer({"alias": kept.as_dict()}, [_plain(text)], as_json)
    return ExitStatus.DONE


@alias_app.command("list", epilog=given.EPILOG)
def list_aliases(store: StoreOption = None, as_json: given.Json = False) -> int:
    """List the names that others use."""
    from bng_opt.market.store import aliases

    with opened(settings_of(store), make=False) as opened_store:
        found = [each.as_dict() for each in aliases.list_aliases(opened_store)]
    say_table("aliases", found, as_json)
    return ExitStatus.DONE


@alias_app.command("remove", epilog=given.EPILOG)
def remove_alias(
    alias: Annotated[str, typer.Argument(help="The name that others use.", show_default=False)],
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Forget a name; what was imported by it stays."""
    from bng_opt.market.store import aliases
    from bng_opt.settings import acting_user

    settings = settings_of(store, by)
    with opened(settings, make=False) as opened_store:
        gone = aliases.remove_alias(opened_store, alias, by=acting_user(settings))
    text = f'"{gone.alias}" stands for nothing any more.'
    say_answer({"removed": gone.as_dict()}, [_plain(text)], as_json)
    return ExitStatus.DONE


def _day(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        remedy = "Write year, month and day, as 2026-11-30."
        raise InputError(Finding(f"{option} {text!r} is no date.", remedy)) from None


def _moment(text: str | None) -> datetime | None:
    """Return the beginning of the day that is asked for; of today this moment, as None."""
    day = _day("--at", text)
    if day is None or day == datetime.now(UTC).date():
        return None
    return datetime.combine(day, time(), UTC)


def _plain(text: str) -> str:
    """Return a text whose names can't steer the terminal."""
    from bng_opt.optimiser.text_table import plain

    return "\n".join(plain(line) for line in text.splitlines())


def _holdings_texts(found: Holdings, most: int | None) -> Iterator[str]:
    yield _plain(found.market.summary())
    yield _lines_text(found, most)
    unpriced = [line.stock_id for line in found.lines if not line.priced]
    if unpriced:
        yield _plain(f"Without any price, not sold: {', '.join(unpriced[:_MOST_LINES])}")
    yield _prices_text(found, most)
    yield _lists_text(found)


def _lines_text(found: Holdings, most: int | None) -> str:
    from bng_opt.optimiser.text_table import Column, text_table
    from bng_opt.quantities import units_text

    columns = [Column("Line"), Column("Bank"), Column("Habitat", flexible=True)]
    columns += [Column(t, right=True) for t in ("Stock", "Sold", "Reserved", "Quoted", "Free")]
    rows = [
        [
            *(line.stock_id, line.bank_id, line.habitat),
            *map(units_text, (line.units, line.sold, line.reserved, line.quoted, line.free)),
        ]
        for line in found.lines[:most]
    ]
    return "\n".join([*text_table(columns, rows), *_more(len(found.lines), most, "lines")])


def _prices_text(found: Holdings, most: int | None) -> str:
    from bng_opt.market.records import Price
    from bng_opt.optimiser.text_table import Column, text_table
    from bng_opt.quantities import pounds

    columns = [Column("Bank"), Column("Habitat", flexible=True), Column("Tier"), Column("Size")]
    columns += [Column("Price", right=True), Column("Per unit")]
    rows = [
        [
            *row.key,
            *(
                (pounds(row.price_gbp), "delivered" if row.basis == "delivered" else "bought")
                if isinstance(row, Price)
                else ("not sold", "")
            ),
        ]
        for row in found.prices[:most]
    ]
    return "\n".join([*text_table(columns, rows), *_more(len(found.prices), most, "prices")])


def _more(count: int, most: int | None, what: str) -> list[str]:
    if most is None or count <= most:
        return []
    return [f"and {count - most:,} more {what}: --bank, --habitat or --json show them"]


def _lists_text(found: Holdings) -> str:
    lines = [
        f"  {each.number}: from {each.valid_from}, imported {each.imported_at:%Y-%m-%d %H:%M} by "
        f"{each.imported_by} of {each.source}" + (f" ({each.note})" if each.note else "")
        for each in found.price_lists
    ]
    return _plain("\n".join(["Price lists, the newest first:", *lines]))
