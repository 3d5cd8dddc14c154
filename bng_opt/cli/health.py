"""The command ``bng-opt health``: whether a process that serves is well."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from bng_opt.cli import options as given
from bng_opt.cli.store import settings_of
from bng_opt.errors import ExitStatus

if TYPE_CHECKING:
    from bng_opt.health import Condition


def health(
    what: Annotated[
        str,
        typer.Argument(
            metavar="app|api|schedule|URL",
            help="Which by the settings, or where: http://HOST:PORT/PATH.",
            show_default=False,
        ),
    ],
    as_json: given.Json = False,
) -> int:
    """Ask what serves on this machine whether it is well; exit status 2 if it isn't.

    The dashboard and the service say it of their store and their jobs, "bng-opt schedule run" of
    its schedules. A URL is for what else says so over HTTP, as Dask's scheduler and workers do.
    """
    found = _condition(what)
    told = " ".join(filter(None, [found.message, found.remedy]))
    # Asked every few seconds, it loads nothing of what writes answers elsewhere.
    typer.echo(json.dumps(found.as_dict()) if as_json else told)
    return ExitStatus.DONE if found.is_well else ExitStatus.BAD_INPUT


def _condition(what: str) -> Condition:
    from bng_opt.health import address_of_api, address_of_app, ask, look_at_sign

    if what == "schedule":
        return look_at_sign(settings_of())
    addresses = {"app": address_of_app, "api": address_of_api}
    return ask(addresses[what](settings_of()) if what in addresses else what)
