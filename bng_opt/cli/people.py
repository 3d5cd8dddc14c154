"""The commands ``bng-opt user``, ``bng-opt customer`` and ``bng-opt introducer``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bng_opt.cli import options as given
from bng_opt.cli.keys import key_app
from bng_opt.cli.running import say_answer
from bng_opt.cli.store import ByOption, StoreOption, opened, say_table, settings_of, word
from bng_opt.errors import ExitStatus, Finding, InputError

if TYPE_CHECKING:
    from bng_opt.market.store import Store
    from bng_opt.settings import Settings

user_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
customer_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
introducer_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
user_app.add_typer(key_app, name="key", short_help="API keys of users.", help="API keys of users.")

Name = Annotated[str, typer.Argument(help="The name.", show_default=False)]
RoleOption = Annotated[
    str | None,
    typer.Option("--role", help="What they may do.", metavar="viewer|analyst|admin"),
]
Email = Annotated[str, typer.Option("--email", metavar="ADDRESS", show_default=False)]
Stdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read passwords from standard input, a line each."),
]


@user_app.command("add", epilog=given.EPILOG)
def add_user(
    name: Name,
    role: RoleOption = "viewer",
    email: Email = "",
    password_stdin: Stdin = False,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Add a user; asks for the password. The first one has to be an admin.

    Once there are users, who acts (--by) has to be an admin, whose password is asked first.
    """
    from bng_opt.market.store import users
    from bng_opt.market.store.tables import Role

    settings = settings_of(store, by)
    wanted = word(Role, role or "viewer", "--role")
    with opened(settings) as opened_store:
        acting = _acting_admin(opened_store, settings, from_stdin=password_stdin)
        password = ask_password(name, from_stdin=password_stdin)
        user = users.add_user(opened_store, name, wanted, password, by=acting, email=email)
    say_answer({"user": user.as_dict()}, [f'Added user "{user.name}" as {user.role}.'], as_json)
    return ExitStatus.DONE


@user_app.command("change", epilog=given.EPILOG)
def change_user(
    name: Name,
    role: RoleOption = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Whether they may sign in.")
    ] = None,
    password: Annotated[bool, typer.Option("--password", help="Ask for a new password.")] = False,
    password_stdin: Stdin = False,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Change a user's role or password, or whether they may sign in.

    Who acts (--by) has to be an admin, whose password is asked first.
    """
    from bng_opt.market.store import users
    from bng_opt.market.store.tables import Role

    settings = settings_of(store, by)
    wanted = word(Role, role, "--role") if role else None
    with opened(settings, make=False) as opened_store:
        acting = _acting_admin(opened_store, settings, from_stdin=password_stdin)
        user = users.change_user(
            opened_store,
            name,
            by=acting,
            role=wanted,
            active=active,
            password=ask_password(name, from_stdin=password_stdin) if password else None,
        )
    state = "" if user.active else ", not active"
    say_answer({"user": user.as_dict()}, [f'User "{user.name}": {user.role}{state}.'], as_json)
    return ExitStatus.DONE


@user_app.command("list", epilog=given.EPILOG)
def list_users(store: StoreOption = None, as_json: given.Json = False) -> int:
    """List the users with their roles."""
    from bng_opt.market.store import users

    with opened(settings_of(store), make=False) as opened_store:
        found = [user.as_dict() for user in users.list_users(opened_store)]
    say_table("users", found, as_json)
    return ExitStatus.DONE


@customer_app.command("add", epilog=given.EPILOG)
def add_customer(
    name: Name,
    company: Annotated[str, typer.Option("--company", show_default=False)] = "",
    email: Email = "",
    phone: Annotated[str, typer.Option("--phone", show_default=False)] = "",
    address: Annotated[str, typer.Option("--address", show_default=False)] = "",
    notes: Annotated[str, typer.Option("--notes", show_default=False)] = "",
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Add a customer, or bring one of the same name and company up to date."""
    from bng_opt.market.store.customers import Customer, keep_customer
    from bng_opt.settings import acting_user

    settings = settings_of(store, by)
    customer = Customer(name, company, email, phone, address, notes)
    with opened(settings) as opened_store:
        kept = keep_customer(opened_store, customer, by=acting_user(settings))
    say_answer({"customer": kept.as_dict()}, [f'Customer "{kept.name}" is kept.'], as_json)
    return ExitStatus.DONE


@customer_app.command("list", epilog=given.EPILOG)
def list_customers(store: StoreOption = None, as_json: given.Json = False) -> int:
    """List the customers."""
    from bng_opt.market.store import customers

    with opened(settings_of(store), make=False) as opened_store:
        found = [customer.as_dict() for customer in customers.list_customers(opened_store)]
    say_table("customers", found, as_json)
    return ExitStatus.DONE


@introducer_app.command("add", epilog=given.EPILOG)
def add_introducer(
    name: Name,
    discount: Annotated[
        str,
        typer.Option(
            "--discount",
            help="The terms.",
            metavar="none|percentage|next_size_up|inherit",
        ),
    ] = "none",
    percent: Annotated[
        str | None,
        typer.Option("--percent", help="Off the units, with percentage.", show_default=False),
    ] = None,
    parent: Annotated[
        str, typer.Option("--parent", help="The account above it.", show_default=False)
    ] = "",
    email: Email = "",
    closed: Annotated[bool, typer.Option("--closed", help="No new quotes for it.")] = False,
    store: StoreOption = None,
    by: ByOption = None,
    as_json: given.Json = False,
) -> int:
    """Add an introducer, or change the terms of one that is there."""
    from bng_opt.market.store.introducers import Introducer, keep_introducer
    from bng_opt.market.store.tables import DiscountKind
    from bng_opt.settings import acting_user

    settings = settings_of(store, by)
    introducer = Introducer(
        name,
        word(DiscountKind, discount, "--discount"),
        _decimal(percent, "--percent"),
        parent,
        email,
        not closed,
    )
    with opened(settings) as opened_store:
        kept = keep_introducer(opened_store, introducer, by=acting_user(settings))
    say_answer({"introducer": kept.as_dict()}, [f'Introducer "{kept.name}" is kept.'], as_json)
    return ExitStatus.DONE


@introducer_app.command("list", epilog=given.EPILOG)
def list_introducers(store: StoreOption = None, as_json: given.Json = False) -> int:
    """List the introducers with their terms."""
    from bng_opt.market.store import introducers

    with opened(settings_of(store), make=False) as opened_store:
        found = [each.as_dict() for each in introducers.list_introducers(opened_store)]
    say_table("introducers", found, as_json)
    return ExitStatus.DONE


def ask_password(name: str, *, from_stdin: bool, again: bool = True) -> str:
    """Ask for a password, or read it from the first line of standard input."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        remedy = "Run it in a terminal, or give the password with --password-stdin."
        raise InputError(Finding("There is nobody to ask for a password.", remedy))
    asked = typer.prompt(
        f"Password of {name}", hide_input=True, confirmation_prompt=again, err=True
    )
    return str(asked)


def _acting_admin(store: Store, settings: Settings, *, from_stdin: bool) -> str:
    """Return who manages users: an admin who signs in, once the store has users at all."""
    from bng_opt.market.store import users
    from bng_opt.settings import acting_user

    name = acting_user(settings)
    if not users.list_users(store):
        return name
    password = ask_password(name, from_stdin=from_stdin, again=False)
    return users.sign_in(store, name, password).name


def _decimal(text: str | None, option: str) -> Any:
    from bng_opt.quantities import to_decimal

    if text is None:
        return None
    try:
        return to_decimal(text)
    except ValueError as error:
        raise InputError(Finding(f"{option}: {error}.", "Give a number, as 7.5.")) from None
