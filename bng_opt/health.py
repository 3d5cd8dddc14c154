"""Whether what serves is well: asked over HTTP, or told by a file that it writes again and again.

Whatever looks after a process asks often, so nothing is loaded here that needs time.
"""

from __future__ import annotations

import socket
import time
from dataclasses import asdict, dataclass
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_state_path

from bng_opt.errors import Finding, InputError
from bng_opt.settings import Settings
from bng_opt.whole_files import prepare_folder, write_whole

ANSWER_S = 20.0
"""Who is asked looks at its store and its workers, each of which has time to answer [s]."""
FRESH_S = 90.0
"""An older sign is of a service that hangs [s]: a look waits at most for a database that doesn't
answer, and then comes again after seconds."""

_OK = 200
_MOST_BYTES = 2000
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (what is listened on)
"""Where what listens on every address of the machine is asked."""
_LOG = "See the log of: bng-opt schedule run"


@dataclass(frozen=True)
class Condition:
    """How something that serves is.

    Attributes
    ----------
    is_well
        Whether it can do its work.
    message
        What it said, or that it said nothing.
    remedy
        What to do; empty where nothing is wrong.
    """

    is_well: bool
    message: str
    remedy: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)


def address_of_app(settings: Settings) -> str:
    """Return where the dashboard of this machine is asked."""
    return _url(settings.app_host, settings.app_port, settings.app_base_url)


def address_of_api(settings: Settings) -> str:
    """Return where the service of this machine is asked."""
    return _url(settings.api_host, settings.api_port, "/")


def ask(address: str, limit_s: float = ANSWER_S) -> Condition:
    """Ask an address whether all is well there.

    Parameters
    ----------
    address
        ``http://HOST:PORT/PATH``; asked directly, whatever proxy the environment names.
    limit_s
        How long an answer may take [s].

    Raises
    ------
    InputError
        If it is no such address.
    """
    host, port, path = _parts(address)
    connection = HTTPConnection(host, port, timeout=limit_s)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        said = answer.read(_MOST_BYTES).decode("utf-8", errors="replace").strip()
    except (OSError, HTTPException) as error:
        message = f"{address} doesn't answer: {str(error) or type(error).__name__}."
        return Condition(False, message, "See whether it runs, and listens there.")
    finally:
        connection.close()
    if answer.status != _OK:
        return Condition(False, f"{address} answers {answer.status}: {said}", "Its log says why.")
    return Condition(True, f"{address} answers: {said}")


def give_sign(settings: Settings, trouble: str) -> None:
    """Say that the service of schedules looks after them.

    Parameters
    ----------
    settings
        Whose store keeps the schedules.
    trouble
        What keeps it from carrying them out, empty if nothing does.

    Raises
    ------
    InputError
        If it can't be written.
    """
    file = sign_file(settings)
    prepare_folder(file.parent)
    write_whole(file, trouble.encode())


def take_sign_away(settings: Settings) -> None:
    """Say that there is no service of schedules any more."""
    sign_file(settings).unlink(missing_ok=True)


def look_at_sign(settings: Settings) -> Condition:
    """See whether a service looks after the schedules here, and nothing troubles it."""
    file = sign_file(settings)
    try:
        age_s, trouble = time.time() - file.stat().st_mtime, file.read_text(encoding="utf-8")
    except OSError:
        message = "No service of schedules gives a sign of life here."
        return Condition(False, message, "Start it: bng-opt schedule run")
    if age_s > FRESH_S:
        return Condition(False, f"The service's last sign of life is {age_s:.0f} s old.", _LOG)
    if trouble:
        return Condition(False, trouble, _LOG)
    return Condition(True, f"The service looked after its schedules {max(age_s, 0):.0f} s ago.")


def sign_file(settings: Settings) -> Path:
    """Return where the sign of life is: the user's own, of this machine or container."""
    whose = sha256(f"{socket.gethostname()} {settings.database}".encode()).hexdigest()
    return user_state_path("bng-opt", appauthor=False) / f"schedule-{whose[:16]}"


def _url(host: str, port: int, base: str) -> str:
    asked = _ANYWHERE.get(host, host)
    return f"http://{f'[{asked}]' if ':' in asked else asked}:{port}{base}health"


def _parts(address: str) -> tuple[str, int | None, str]:
    try:
        parts = urlsplit(address)
        if parts.scheme == "http" and parts.hostname:
            return parts.hostname, parts.port, parts.path or "/"
    except ValueError:
        # A port that is no number: refused as any other that is no address.
        pass
    message = f'"{address}" is no address that can be asked.'
    raise InputError(Finding(message, "Give http://HOST:PORT/PATH."))
