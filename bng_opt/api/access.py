"""Who may do what, by the role of the key's user."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from fastapi import Depends, Request

from bng_opt.api.service import Service
from bng_opt.errors import AccessError, Finding
from bng_opt.market.store.api_keys import KeyHolder
from bng_opt.market.store.tables import Role
from bng_opt.market.store.users import User


async def service_of(request: Request) -> Service:
    """Return the service that a request came to."""
    service: Service = request.app.state.service
    return service


async def user_of(request: Request) -> User:
    """Return who asks; the gate has let nobody else through."""
    return _user(request)


async def analyst_of(request: Request) -> User:
    """Return who asks, if they may submit."""
    return _with_role(request, Role.ANALYST)


async def admin_of(request: Request) -> User:
    """Return who asks, if they may manage."""
    return _with_role(request, Role.ADMIN)


ServiceHere = Annotated[Service, Depends(service_of)]
AnyUser = Annotated[User, Depends(user_of)]
Analyst = Annotated[User, Depends(analyst_of)]
Admin = Annotated[User, Depends(admin_of)]


def may_cancel(user: User, submitters: Collection[str]) -> None:
    """See that a user may cancel a job: one of those who submitted it, or an admin.

    Raises
    ------
    AccessError
        If not.
    """
    if user.name not in submitters and not user.role.may(Role.ADMIN):
        message = "The job is somebody else's."
        remedy = f"Ask {', '.join(submitters)} or an admin to cancel it."
        raise AccessError(Finding(message, remedy))


def _user(request: Request) -> User:
    holder: KeyHolder = request.scope["state"]["holder"]
    return holder.user


def _with_role(request: Request, needed: Role) -> User:
    user = _user(request)
    if not user.role.may(needed):
        message = f'"{user.name}" is {user.role.value}; this takes {needed.value}.'
        raise AccessError(Finding(message, "Ask an admin."))
    return user
