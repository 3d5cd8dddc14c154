"""What the commands that use the store share: which store, who acts, opening it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bng_opt.market.store import Store
    from bng_opt.settings import Settings

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

    with open_store(
        settings.database, busy_timeout_s=settings.busy_timeout_s, make=make
    ) as store:
        yield store
