"""What the commands that use the store share: which store, who acts, opening it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bng_opt.cli.running import say_answer
from bng_opt.errors import Finding, InputError

if TYPE_CHECKING:
    from bng_opt.market.store import Store
    from bng_opt.settings import Settings

Word = TypeVar("Word", bound=StrEnum)

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="The store: a file or a URL; BNG_OPT_DATABASE otherwise.",
        metavar="FILE|URL",
        show_default=False,
    ),
]
ByOption = Annotated[
    str | None,
    typer.Option("--by", help="Who acts, for the audit log.", metavar="NAME", show_default=False),
]


def settings_of(store: str | None = None, by: str | None = None) -> Settings:
    """Return the settings, with what the command line says in place of them."""
    from bng_opt.settings import Settings

    typed = {"database": store, "user": by}
    return Settings(**{name: value for name, value in typed.items() if value})


@contextmanager
def opened(settings: Settings, *, make: bool = True) -> Iterator[Store]:
    """Open the store that the settings name."""
    from bng_opt.market.store import open_store

    with open_store(settings.database, busy_timeout_s=settings.busy_timeout_s, make=make) as store:
        yield store


def word(kind: type[Word], text: str, option: str) -> Word:
    """Return the member of an enum that an option names."""
    try:
        return kind(text.strip().casefold().replace("-", "_"))
    except ValueError:
        known = ", ".join(each.value for each in kind)
        raise InputError(Finding(f"{option} {text!r} isn't known.", f"Give {known}.")) from None


def say_table(
    name: str, rows: Sequence[Mapping[str, object]], as_json: bool, *, none: str = ""
) -> None:
    """Print records of one kind: as JSON under their name, or as a table."""
    from bng_opt.optimiser.text_table import Column, text_table

    titles = list(rows[0]) if rows else []
    cells = [["" if row[title] is None else str(row[title]) for title in titles] for row in rows]
    columns = [Column(title.replace("_", " ").capitalize(), flexible=True) for title in titles]
    text = "\n".join(text_table(columns, cells)) if rows else none or f"No {name} yet."
    say_answer({name: list(rows)}, [text], as_json)
