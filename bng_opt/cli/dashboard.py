"""The command ``bng-opt app``: serve the dashboard."""

from __future__ import annotations

import sys
import webbrowser
from typing import Annotated

import typer

from bng_opt.cli.store import StoreOption, settings_of
from bng_opt.errors import ExitStatus, Finding, InputError


def dashboard(
    host: Annotated[
        str | None,
        typer.Option("--host", help="Listen here; BNG_OPT_APP_HOST otherwise.", metavar="HOST"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", help="And on this port; BNG_OPT_APP_PORT.", metavar="PORT"),
    ] = None,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open it in the browser.", show_default=False)
    ] = False,
    no_work: Annotated[
        bool,
        typer.Option(
            "--no-work", help="Leave the jobs to others (bng-opt job work).", show_default=False
        ),
    ] = False,
    store: StoreOption = None,
) -> int:
    """Serve the dashboard until it is told to end; unfinished jobs are kept.

    Beyond this machine people have to sign in (BNG_OPT_APP_SIGN_IN); put a proxy with TLS
    before it.
    """
    settings = settings_of(store)
    own = {"app_host": host, "app_port": port}
    settings = settings.model_copy(update={k: v for k, v in own.items() if v is not None})
    try:
        from bng_opt.app.server.serving import serve
    except ModuleNotFoundError as error:
        remedy = "Install the extra app: pip install 'bng-opt[app]'."
        raise InputError(Finding(f"{error.name} isn't installed.", remedy)) from None

    def listening(address: str) -> None:
        sys.stderr.write(f"The dashboard is at {address}\nEnd it with Ctrl-C; jobs are kept.\n")
        sys.stderr.flush()
        if open_browser:
            webbrowser.open(address)

    serve(settings, works=not no_work, on_listening=listening)
    return ExitStatus.DONE
