"""Checkups of what is kept: the store and its books, and the cache."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryFile

import sqlalchemy as sa

from bng_opt.market.store import Store, open_store
from bng_opt.market.store.checks import check_store
from bng_opt.market.store.database import store_url
from bng_opt.market.store.migrate import newest_revision
from bng_opt.market.store.tables import JobRow
from bng_opt.quantities import counted
from bng_opt.runtime.cache import Cache
from bng_opt.runtime.checkups.kinds import Found, absent, failed, failed_by, fine, warned
from bng_opt.settings import Settings

_PATIENCE_S = 5.0
"""Whoever looks doesn't wait longer for another writer [s]."""
_BYTES_PER_MB = 1_000_000
_PROBE_BYTES = 1_000_000
_LITTLE_MB = 100
"""A disk with less than this runs full within hours of work [MB]."""


def look_at_store(settings: Settings) -> Found:
    """See whether the store can be reached, written to, and adds up."""
    url = store_url(settings.database)
    path = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
    if path is not None and not path.exists():
        return _not_made_yet(path)
    patience = min(_PATIENCE_S, settings.busy_timeout_s)
    with open_store(settings.database, busy_timeout_s=patience, make=False) as store:
        if findings := check_store(store):
            return failed_by(findings)
        _try_to_write(store)
        return fine(f"{store.name}: tables {newest_revision()}, writable, its books add up.")


def look_at_cache(settings: Settings) -> Found:
    """See whether plans can be kept, and the disk has room for them."""
    info = Cache(settings).info()
    if info.trouble:
        remedy = "Mend the folder, or name another with BNG_OPT_CACHE_FOLDER."
        return failed(f"{info.folder} can't be used: {info.trouble}.", remedy)
    free_mb = shutil.disk_usage(info.folder).free / _BYTES_PER_MB
    message = (
        f"{info.folder}: {counted(info.plans, 'plan')}, {info.megabytes:.1f} of at most "
        f"{info.most_megabytes:g} MB; {free_mb:,.0f} MB of the disk are free."
    )
    if free_mb < max(_LITTLE_MB, info.most_megabytes - info.megabytes):
        return warned(message, "Make room on the disk, or set BNG_OPT_CACHE_MB lower.")
    return fine(message)


def _not_made_yet(path: Path) -> Found:
    folder = next(each for each in path.parents if each.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        message = f"{path} isn't there, and can't be made in {folder}."
        return failed(message, "Set BNG_OPT_DATABASE to a file in a folder that you may write to.")
    return absent(
        f"{path} isn't there yet; it is made when something is first kept.",
        "Make it now: bng-opt db upgrade.",
    )


def _try_to_write(store: Store) -> None:
    if store.path is not None:
        # SQLite notices a full disk only where it needs a new page.
        with TemporaryFile(dir=store.path.parent) as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
    # Of no row: the database refuses it all the same where it may not be written to.
    nothing = sa.update(JobRow).where(sa.false()).values(attempts=0)
    with store.write() as session:
        session.execute(nothing)
