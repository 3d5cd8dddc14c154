"""The commands ``bng-opt db``: upgrade, check, back up and restore the store, draw its tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bng_opt.cli import options as given
from bng_opt.cli.running import say_answer, say_written
from bng_opt.cli.store import StoreOption, opened, say_table, settings_of
from bng_opt.errors import ExitStatus, Finding, InputError

if TYPE_CHECKING:
    from bng_opt.market.store import Store

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command(epilog=given.EPILOG)
def upgrade(store: StoreOption = None, as_json: given.Json = False) -> int:
    """Bring the store's tables to this version, all or nothing; a file that isn't there is made.

    A server's database has to be there already; it may be empty.
    """
    from bng_opt.market.store import migrate

    with _reached(store, make=True) as reached:
        before, after = migrate.upgrade(reached)
    if before == after:
        text = f"{reached.name}: revision {after}, as it was."
    else:
        text = f"{reached.name}: from {before or 'no tables'} to revision {after}."
    say_answer({"store": reached.name, "before": before, "after": after}, [text], as_json)
    return ExitStatus.DONE


@app.command(epilog=given.EPILOG)
def log(
    subject: Annotated[
        str, typer.Option("--of", help="Only changes of this, as BNG-2026-00001.")
    ] = "",
    who: Annotated[str, typer.Option("--by-whom", help="Only changes by this person.")] = "",
    limit: Annotated[int, typer.Option("--limit", help="At most so many.", min=1)] = 50,
    store: StoreOption = None,
    as_json: given.Json = False,
) -> int:
    """Show the audit log: who changed what and when, the newest first."""
    from bng_opt.market.store.audit import entries

    with opened(settings_of(store), make=False) as opened_store, opened_store.read() as session:
        rows = [
            {
                "at": row.at.isoformat(timespec="seconds"),
                "who": row.who,
                "action": row.action,
                "of": f"{row.subject_kind} {row.subject}",
                "details": row.details if as_json else json.dumps(row.details, ensure_ascii=False),
            }
            for row in entries(session, subject=subject, who=who, limit=limit)
        ]
    say_table("audit_log", rows, as_json, none="No change is recorded.")
    return ExitStatus.DONE


@app.command(epilog=given.EPILOG)
def check(store: StoreOption = None, as_json: given.Json = False) -> int:
    """See that the store is sound and its books add up; exit status 2 with every finding.

    The database's own check of its file or pages, the tables as this version makes them, every
    reference between rows; reserved and sold units against the reservations, nothing oversold;
    every quote's totals against its lines; references of quotes without gaps.
    """
    from bng_opt.market.store.checks import check_store
    from bng_opt.market.store.migrate import check_current, newest_revision

    with _reached(store) as reached:
        check_current(reached)
        findings = check_store(reached)
    document = {
        "store": reached.name,
        "revision": newest_revision(),
        "ok": not findings,
        "findings": [finding.as_dict() for finding in findings],
    }
    lines = [f"  {number}. {finding}" for number, finding in enumerate(findings, 1)]
    verdict = f"{len(findings)} findings:" if findings else "sound, and its books add up."
    say_answer(document, ["\n".join([f"{reached.name}: {verdict}", *lines])], as_json)
    return ExitStatus.BAD_INPUT if findings else ExitStatus.DONE


@app.command(epilog=given.EPILOG)
def backup(
    out: Annotated[
        Path,
        typer.Option("--out", help="The file to make.", metavar="FILE", show_default=False),
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace a file of this name.")] = False,
    store: StoreOption = None,
    as_json: given.Json = False,
) -> int:
    """Copy the store as it is at one moment, while others use it; complete or not at all.

    An embedded store becomes a file that can be used as it is; a server's database an archive
    for pg_restore, made by pg_dump.
    """
    from bng_opt.market.store.backup import back_up

    with _reached(store) as reached:
        made = back_up(reached, out, replace=force)
    document = {
        "store": reached.name,
        "backup": str(made.path),
        "revision": made.revision,
        "size_bytes": made.size_bytes,
        "findings": [finding.as_dict() for finding in made.findings],
    }
    text = f"{made.path}: revision {made.revision or 'none'}, {made.size_bytes:,} bytes, checked."
    say_answer(document, [text], as_json)
    if made.findings:
        note = f"The books that it copies have {len(made.findings)} findings: bng-opt db check"
        typer.echo(note, err=True)
    return ExitStatus.DONE


@app.command(epilog=given.EPILOG)
def restore(
    backup: Annotated[Path, typer.Argument(help="What bng-opt db backup made.", metavar="BACKUP")],
    force: Annotated[
        bool, typer.Option("--force", help="Lose what the store holds to what the backup holds.")
    ] = False,
    store: StoreOption = None,
    as_json: given.Json = False,
) -> int:
    """Let the store hold what its backup holds, all or nothing.

    The backup is checked to its end before the store is touched. An embedded store's file is
    made if it isn't there; a server's database has to be there, and may be empty. Stop what
    works on the store before you replace its rows with --force.
    """
    from bng_opt.market.store.migrate import newest_revision
    from bng_opt.market.store.restore import restore as restore_store

    with _reached(store, make=True) as reached:
        made = restore_store(reached, backup, replace=force)
    document = {
        "store": reached.name,
        "backup": str(made.backup),
        "revision": made.revision,
        "rows": dict(made.rows),
        "findings": [finding.as_dict() for finding in made.findings],
    }
    count = sum(made.rows.values())
    text = f"{reached.name}: {count:,} rows from {made.backup}, revision {made.revision}."
    say_answer(document, [text], as_json)
    if made.revision != newest_revision():
        typer.echo("Its tables are of an older version. Run: bng-opt db upgrade", err=True)
    if made.findings:
        note = f"Its books had {len(made.findings)} findings when it was backed up"
        typer.echo(f"{note}: bng-opt db check", err=True)
    if not reached.is_sqlite:
        note = "Tables were made anew: give accounts that don't own them their rights again"
        typer.echo(f"{note}, with bng-opt db grant.", err=True)
    return ExitStatus.DONE


@app.command(epilog=given.EPILOG)
def grant(
    account: Annotated[
        str, typer.Argument(help="An account of the database server.", metavar="ACCOUNT")
    ],
    store: StoreOption = None,
    as_json: given.Json = False,
) -> int:
    """Let an account use a server's store with the least rights; run it as the tables' owner.

    The account may read and change rows. It can't change tables, nor rewrite the audit log.
    Let the owner run upgrades alone, and everything else run as this account.
    """
    from bng_opt.market.store.rights import grant_use

    with _reached(store) as reached:
        grant_use(reached, account)
    text = f"{reached.name}: {account} may read and change its rows, and nothing else."
    say_answer({"store": reached.name, "account": account}, [text], as_json)
    return ExitStatus.DONE


@app.command(epilog=given.EPILOG)
def schema(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write a figure.", metavar="FILE.svg|.md", show_default=False),
    ] = None,
    as_json: given.Json = False,
) -> int:
    """Show the store's tables with keys and references: as Mermaid text, or as a figure."""
    from bng_opt.market.store import schema_figure
    from bng_opt.whole_files import write_whole

    if out is None:
        text = schema_figure.schema_mermaid()
        say_answer({"mermaid": text}, [text.rstrip("\n")], as_json)
        return ExitStatus.DONE
    makers = {".svg": schema_figure.schema_svg, ".md": schema_figure.schema_markdown}
    if out.suffix.lower() not in makers:
        message = f"A figure isn't written as {out.suffix or 'a file without an ending'}."
        raise InputError(Finding(message, "Give a name that ends in .svg or .md.", file=str(out)))
    write_whole(out, makers[out.suffix.lower()]().encode())
    if as_json:
        say_answer({"figure": str(out)}, [], as_json)
    else:
        say_written((out,), as_json)
    return ExitStatus.DONE


def _reached(store: str | None, *, make: bool = False) -> Store:
    """Return the store that is named, whatever its revision."""
    from bng_opt.market.store.database import reach_store

    settings = settings_of(store)
    return reach_store(settings.database, busy_timeout_s=settings.busy_timeout_s, make=make)
