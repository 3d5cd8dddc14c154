"""The commands ``bng-opt cache``: what is kept, and dropping it."""

from __future__ import annotations

import typer

from bng_opt.cli import options as given
from bng_opt.cli.running import say_answer
from bng_opt.errors import ExitStatus

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("info", epilog=given.EPILOG)
def show_info(as_json: given.Json = False) -> int:
    """Say where proven plans are kept, how many, and whether they can be."""
    from bng_opt.runtime.cache import Cache

    info = Cache().info()
    say_answer(info.as_dict(), [info.summary()], as_json)
    return ExitStatus.DONE


@app.command("clear", epilog=given.EPILOG)
def clear_all(as_json: given.Json = False) -> int:
    """Drop every kept plan."""
    from bng_opt.runtime.cache import Cache

    return _say_dropped(Cache().clear(), as_json)


@app.command("prune", epilog=given.EPILOG)
def prune_old(as_json: given.Json = False) -> int:
    """Drop the plans that have expired, and the oldest beyond the size bound."""
    from bng_opt.runtime.cache import Cache

    return _say_dropped(Cache().prune(), as_json)


def _say_dropped(count: int, as_json: bool) -> int:
    from bng_opt.quantities import counted

    say_answer({"dropped": count}, [f"Dropped {counted(count, 'plan')}."], as_json)
    return ExitStatus.DONE
