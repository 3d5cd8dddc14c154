"""The service: jobs over HTTP, for those who have an API key of the store.

``uvicorn "bng_opt.api:create_app" --factory``, or ``bng-opt api``, runs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bng_opt.errors import Finding, InputError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from bng_opt.settings import Settings

__all__ = ["create_app"]


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the service as an ASGI app.

    Parameters
    ----------
    settings
        Where store, executor and cache are, and the limits; those in force without.

    Raises
    ------
    InputError
        If the extra ``api`` isn't installed, or a setting can't be.
    """
    try:
        import fastapi  # noqa: F401
        import python_multipart  # noqa: F401
    except ModuleNotFoundError as error:
        remedy = "Install the extra api: pip install 'bng-opt[api]'."
        raise InputError(Finding(f"{error.name} isn't installed.", remedy)) from None
    from bng_opt.api.app import create_app as create

    return create(settings)
