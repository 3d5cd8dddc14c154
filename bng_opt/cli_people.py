"""The commands ``bng-opt user``, ``bng-opt customer`` and ``bng-opt introducer``."""

from __future__ import annotations

import typer

user_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
customer_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
introducer_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@user_app.callback()
def _users() -> None:
    """Who may sign in."""


@customer_app.callback()
def _customers() -> None:
    """Who buys."""


@introducer_app.callback()
def _introducers() -> None:
    """Who brings customers, on which terms."""
