"""Whose kernels there are: where people have names, nobody gets at another's page.

A kernel belongs to the first who opens it, which is the page that was just made for them.
"""

from __future__ import annotations

import logging
from asyncio import to_thread
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tornado import web

from bng_opt.errors import StoreError
from bng_opt.market.store.users import find_user

if TYPE_CHECKING:
    from bng_opt.market.store import Store

LOOK_EVERY_S = 20.0
"""Who is shut out loses the pages that they have open within this time [s]."""

_log = logging.getLogger(__name__)


class KernelOwners:
    """Who opened which kernel.

    >>> owners = KernelOwners()
    >>> owners.admit("k1", "Ann"), owners.admit("k1", "Bob"), owners.admit("k1", "Ann")
    (True, False, True)
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def admit(self, kernel_id: str, name: str) -> bool:
        """Return whether somebody may use a kernel; it is theirs if it was nobody's."""
        return self._names.setdefault(kernel_id, name) == name

    def keep(self, kernel_ids: Iterable[str]) -> None:
        """Forget all kernels but these."""
        alive = set(kernel_ids)
        self._names = {each: name for each, name in self._names.items() if each in alive}

    def names(self) -> frozenset[str]:
        """Return everybody who has a kernel."""
        return frozenset(self._names.values())

    def of(self, name: str) -> tuple[str, ...]:
        """Return the kernels of one."""
        return tuple(each for each, owner in self._names.items() if owner == name)


def for_owner_only(handler: type[Any], owners: KernelOwners) -> type[Any]:
    """Return a handler of Jupyter's kernels that serves a kernel's owner only."""

    class OwnKernelOnly(handler):  # type: ignore[misc]
        async def prepare(self, *given: Any, **named: Any) -> None:
            await super().prepare(*given, **named)
            kernel_id = self.path_kwargs.get("kernel_id") or self.path_args[0]
            user = self.current_user
            # Without one the handler itself refuses.
            if user is not None and not owners.admit(kernel_id, user.username):
                _log.warning("%r asked for a kernel of somebody else", user.username)
                raise web.HTTPError(403)

    return OwnKernelOnly


async def close_pages_of_shut_out(owners: KernelOwners, kernels: Any, store: Store) -> None:
    """End the kernels of those who may no longer sign in.

    Parameters
    ----------
    owners
        Who opened which kernel.
    kernels
        Jupyter's manager of them.
    store
        Where the users are.
    """
    owners.keep(kernels.list_kernel_ids())
    try:
        out = await to_thread(_shut_out, store, owners.names())
    except StoreError as error:
        # Nobody can do anything without the store either.
        _log.warning("Whether users are active can't be seen: %s", error)
        return
    for name in out:
        for kernel_id in owners.of(name):
            _log.warning("A page of %r, who was shut out, is closed", name)
            await kernels.shutdown_kernel(kernel_id, now=True)


def _shut_out(store: Store, names: frozenset[str]) -> tuple[str, ...]:
    found = {name: find_user(store, name) for name in sorted(names)}
    return tuple(name for name, user in found.items() if user is None or not user.active)
