"""The commands ``bng-opt user key``: keys by which programs use the service as a user."""

from __future__ import annotations

from typing import Annotated

import typer

from bng_opt.cli import options as given
from bng_opt.cli.running import say_answer
from bng_opt.cli.store import ByOption, StoreOption, opened, say_table, settings_of
from bng_opt.errors import ExitStatus

key_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

User = Annotated[str, typer.Argument(help="Whose key.", show_default=False)]


@key_app.command("add", epilog=given.EPILOG)
def add_key(
    user: User,
    name: Annotated[str, typer.Option("--name", help="What the key is for.")] = "a program",
    days: Annotated[int, typer.Option("--days", help="How long it holds.", metavar="DAYS")] = 365,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Make an API key for a user and print it, this once."""
    from bng_opt.market.store import api_keys
    from bng_opt.settings import acting_user

    settings = settings_of(store, by)
    with opened(settings, make=False) as opened_store:
        made, key = api_keys.add_key(opened_store, user, name, days=days, by=acting_user(settings))
    texts = [
        key,
        f'The key of "{made.user}" for {made.name}, until {made.expires_at:%d %B %Y}. Keep it '
        "safe: it can't be shown again.",
    ]
    say_answer({"api_key": made.as_dict(), "key": key}, texts, as_json)
    return ExitStatus.DONE


@key_app.command("list", epilog=given.EPILOG)
def list_keys(
    user: Annotated[
        str | None, typer.Argument(help="Whose keys; all without.", show_default=False)
    ] = None,
    store: StoreOption = None,
    as_json: given.Json = False,
) -> int:
    """List API keys, without the keys themselves."""
    from bng_opt.market.store import api_keys

    with opened(settings_of(store), make=False) as opened_store:
        found = [key.as_dict() for key in api_keys.list_keys(opened_store, user)]
    say_table("api_keys", found, as_json)
    return ExitStatus.DONE


@key_app.command("revoke", epilog=given.EPILOG)
def revoke_key(
    prefix: Annotated[str, typer.Argument(help="The key's prefix.", show_default=False)],
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Make an API key hold no longer, at once."""
    from bng_opt.market.store import api_keys
    from bng_opt.settings import acting_user

    settings = settings_of(store, by)
    with opened(settings, make=False) as opened_store:
        revoked = api_keys.revoke_key(opened_store, prefix, by=acting_user(settings))
    text = f'Key {revoked.prefix} of "{revoked.user}" holds no longer.'
    say_answer({"api_key": revoked.as_dict()}, [text], as_json)
    return ExitStatus.DONE
