"""Everything configurable, in one place: from ``BNG_OPT_*`` or a TOML file.

A value in the environment beats one in the secrets, which beats the same value in the file,
which beats the default. The file is ``bng_opt.toml`` in the working folder, or the one that
``BNG_OPT_SETTINGS`` names. The secrets are files of one value each, such as
``bng_opt_smtp_password``, in the folder that ``BNG_OPT_SECRETS_FOLDER`` names: what containers
are given (``/run/secrets``), so that no password stands in an environment or an image.

>>> Settings(vat_rate="0.2").vat_rate
Decimal('0.2')
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from bng_opt.errors import Finding, InputError
from bng_opt.schedule_settings import ScheduleSettings

PREFIX = "BNG_OPT_"
FILE = "bng_opt.toml"
FILE_VARIABLE = "BNG_OPT_SETTINGS"
SECRETS_VARIABLE = "BNG_OPT_SECRETS_FOLDER"


class SignIn(StrEnum):
    """How people sign in to the dashboard."""

    NONE = "none"
    TOKEN = "token"  # noqa: S105 (a mode's name)
    USERS = "users"
    PROXY = "proxy"
    JUPYTERHUB = "jupyterhub"


class SmtpSecurity(StrEnum):
    """How the way to the server that takes e-mail is kept secret."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Settings(BaseSettings):
    """What a team may set.

    Parameters
    ----------
    database
        The store: a file for embedded SQLite, or a SQLAlchemy URL such as
        ``postgresql://bng@host/bng``. By default a file in the user's data folder.
    busy_timeout_s
        How long a writer waits for another before it gives up [s].
    user
        Who acts, as the audit log records it; the operating system's name by default.
    seller_name, seller_address, seller_email, seller_phone
        Who quotes, as documents print it.
    reference_prefix
        What quote references begin with.
    quote_valid_days
        How long a quote holds once it is sent [days].
    reservation_hours
        How long a reservation holds its stock [h].
    review_threshold_gbp
        A quote of this total (before VAT) or more needs a named approver [GBP].
    admin_fee_gbp, admin_fee_fractional_gbp
        The seller's fee on a quote, and on one of fractional contract size [GBP].
    vat_rate
        VAT as a fraction, shown apart.
    cache_folder
        Where proven plans are kept; by default in the user's cache folder.
    cache_hours
        How long a kept plan holds [h].
    cache_mb
        The oldest plans go when all take more than this [MB].
    scheduler
        A Dask scheduler that runs the jobs, ``tcp://HOST:PORT`` or ``tls://HOST:PORT``; empty
        for processes of this machine. Its workers are sent these settings, and open the store
        by ``database``: on other machines that has to be a server, whose password only
        ``tls://`` hides on its way.
    scheduler_ca_file, scheduler_cert_file, scheduler_key_file
        The certificates (PEM) that ``tls://`` needs.
    workers
        How many jobs run at a time on this machine; as many as it has cores by default.
    job_timeout_s
        How long one attempt at a job may take, where none is given with it [s].
    job_retries
        How often a job whose worker was lost is tried again.
    heartbeat_s
        How often whoever holds a job says so [s]; silent for six times as long, it counts as
        lost. The clocks of machines that share a store should differ by less than that.
    api_host, api_port
        Where the service listens; behind a proxy that adds TLS, or this machine only.
    api_upload_mb
        The largest request, such as a metric workbook [MB].
    api_rate_per_minute
        How many requests a key may make, and as many at once [1/min].
    api_max_queued
        How many unfinished jobs a user may have.
    app_host, app_port
        Where the dashboard listens; behind a proxy that adds TLS, or this machine only.
    app_base_url
        Below which path it is served, such as ``/bng/`` behind a proxy.
    app_sign_in
        Who may use the dashboard: ``none`` asks nobody (this machine only), ``token`` takes
        ``app_token`` of one team, ``users`` takes the store's users and passwords, ``proxy``
        believes a proxy's header, ``jupyterhub`` the hub that started it.
    app_token
        The team's secret, 16 characters or more.
    app_proxy_header, app_trusted_proxies
        The header in which a proxy states who signed in, and from which addresses it is
        believed.
    app_upload_mb
        The largest file that the dashboard takes [MB].
    app_pool_size
        How many kernels wait, ready for the next pages; each takes some 200 MB.
    app_idle_minutes
        A page that was closed keeps its kernel for so long [min].
    app_tiles_url
        Where a street map's tiles are, with ``{z}``, ``{x}`` and ``{y}``; empty for none, and
        then no request leaves the machine.
    address_url
        A search for addresses that speaks Nominatim's language; empty for none.
    pdf_engine
        What makes PDFs: ``weasyprint``, ``chromium``, or ``auto`` for the first that is
        there.
    schedule
        What reports are made when, and for whom: ``[[schedule]]`` tables in the file, a JSON
        list in the environment; help(bng_opt.schedule_settings) says what each may hold.
    schedule_owner
        The e-mail address that gets failures of schedules that name no owner.
    schedule_timezone
        Whose clocks are meant by schedules that name no time zone.
    schedule_folder
        Where scheduled reports are made and kept; by default in the user's data folder.
    smtp_host, smtp_port
        The server that takes e-mail; empty for none. The usual port of ``smtp_security``
        without one.
    smtp_security
        ``starttls``, ``tls`` from the first byte, or ``none``, which hides nothing on its way.
    smtp_user, smtp_password
        Who signs in there; empty where nobody needs to.
    smtp_from
        The address that messages come from; a name may stand before it.
    smtp_ca_file
        The certificates (PEM) to trust, where the server's isn't by a public authority.
    smtp_timeout_s
        How long the server may be silent [s].
    smtp_limit_mb
        The largest message that is sent [MB].
    log_format
        How logs are written to stderr: ``plain`` lines for people, or ``json``, an object a
        line.
    log_level
        What is logged from this on: ``debug``, ``info``, ``warning`` or ``error``; of other
        libraries nothing below a warning.

    Raises
    ------
    InputError
        With every value that can't be, at once.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    database: str = Field(default_factory=lambda: str(default_database()))
    busy_timeout_s: float = Field(default=30, ge=0)
    user: str = ""
    seller_name: str = ""
    seller_address: str = ""
    seller_email: str = ""
    seller_phone: str = ""
    reference_prefix: str = Field(default="BNG", pattern=r"^[A-Z][A-Z0-9-]{0,15}$")
    quote_valid_days: int = Field(default=30, ge=1, le=3650)
    reservation_hours: float = Field(default=168, gt=0, le=87_600)
    review_threshold_gbp: Decimal = Field(default=Decimal(50_000), ge=0, decimal_places=2)
    admin_fee_gbp: Decimal = Field(default=Decimal(500), ge=0, decimal_places=2)
    admin_fee_fractional_gbp: Decimal = Field(default=Decimal(300), ge=0, decimal_places=2)
    vat_rate: Decimal = Field(default=Decimal("0.20"), ge=0, le=1)
    cache_folder: Path = Field(default_factory=lambda: default_cache())
    cache_hours: float = Field(default=12, gt=0, le=8760)
    cache_mb: float = Field(default=500, gt=0)
    scheduler: str = Field(default="", pattern=r"^((tcp|tls)://.+:\d+)?$")
    scheduler_ca_file: Path | None = None
    scheduler_cert_file: Path | None = None
    scheduler_key_file: Path | None = None
    workers: int | None = Field(default=None, ge=1)
    job_timeout_s: float | None = Field(default=None, gt=0)
    job_retries: int = Field(default=2, ge=0)
    heartbeat_s: float = Field(default=5, gt=0)
    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8000, ge=0, le=65_535)
    api_upload_mb: float = Field(default=60, gt=0, le=1000)
    api_rate_per_minute: int = Field(default=240, ge=1)
    api_max_queued: int = Field(default=50, ge=1)
    app_host: str = "127.0.0.1"
    app_port: int = Field(default=8866, ge=0, le=65_535)
    app_base_url: str = Field(default="/", pattern=r"^/([A-Za-z0-9._~-]+/)*$")
    app_sign_in: SignIn = SignIn.NONE
    app_token: SecretStr = SecretStr("")
    app_proxy_header: str = Field(default="X-Remote-User", pattern=r"^[A-Za-z0-9-]+$")
    app_trusted_proxies: str = "127.0.0.1,::1"
    app_upload_mb: float = Field(default=60, gt=0, le=500)
    app_pool_size: int = Field(default=1, ge=0, le=50)
    app_idle_minutes: float = Field(default=10, gt=0)
    app_tiles_url: str = ""
    address_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    pdf_engine: Literal["auto", "weasyprint", "chromium"] = "auto"
    schedule: tuple[ScheduleSettings, ...] = ()
    schedule_owner: str = ""
    schedule_timezone: str = "Europe/London"
    schedule_folder: Path = Field(default_factory=lambda: default_schedule_folder())
    smtp_host: str = ""
    smtp_port: int | None = Field(default=None, ge=1, le=65_535)
    smtp_security: SmtpSecurity = SmtpSecurity.STARTTLS
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = ""
    smtp_ca_file: Path | None = None
    smtp_timeout_s: float = Field(default=60, gt=0)
    smtp_limit_mb: float = Field(default=20, gt=0, le=500)
    log_format: Literal["plain", "json"] = "plain"
    log_level: Literal["debug", "info", "warning", "error"] = "warning"

    @field_validator("log_format", "log_level", mode="before")
    @classmethod
    def _in_small_letters(cls, given: object) -> object:
        return given.lower() if isinstance(given, str) else given

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise InputError([_as_finding(problem) for problem in error.errors()]) from None
        except SettingsError:
            raise InputError(_unreadable()) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where values come from, the first beating the rest."""
        folder, path = secrets_folder(), settings_file()
        secrets = [SecretsSettingsSource(settings_cls, folder)] if folder else []
        file = [TomlConfigSettingsSource(settings_cls, path)] if path else []
        return init_settings, env_settings, *secrets, *file


def default_database() -> Path:
    """Return the store's file where no setting names one."""
    return user_data_path("bng-opt", appauthor=False) / "store.sqlite"


def default_cache() -> Path:
    """Return the folder of kept plans where no setting names one."""
    return user_cache_path("bng-opt", appauthor=False)


def default_schedule_folder() -> Path:
    """Return the folder of scheduled reports where no setting names one."""
    return user_data_path("bng-opt", appauthor=False) / "schedules"


def settings_file() -> Path | None:
    """Return the settings file, None where there is none.

    Raises
    ------
    InputError
        If ``BNG_OPT_SETTINGS`` names a file that isn't there, or it isn't TOML.
    """
    named = os.environ.get(FILE_VARIABLE)
    path = Path(named or FILE)
    if not path.is_file():
        if not named:
            return None
        remedy = f"Mend {FILE_VARIABLE}, or take it out of the environment."
        raise InputError(Finding("There is no such settings file.", remedy, file=named))
    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        finding = Finding(f"The settings can't be read: {error}.", "Write TOML.", file=str(path))
        raise InputError(finding) from None
    return path


def secrets_folder() -> Path | None:
    """Return the folder with a file for each secret, None where none is named.

    Raises
    ------
    InputError
        If ``BNG_OPT_SECRETS_FOLDER`` names no folder, or secrets in it can't be read or are empty.
    """
    named = os.environ.get(SECRETS_VARIABLE)
    if not named:
        return None
    if not Path(named).is_dir():
        remedy = f"Mend {SECRETS_VARIABLE}, or take it out of the environment."
        raise InputError(Finding("There is no such folder of secrets.", remedy, file=named))
    found = [_secret_fault(path) for path in secret_files(Path(named))]
    if findings := [finding for finding in found if finding is not None]:
        raise InputError(findings)
    return Path(named)


def secret_files(folder: Path) -> list[Path]:
    """Return the files of a folder whose names are those of our variables, in any case."""
    return sorted(path for path in folder.iterdir() if path.name.upper().startswith(PREFIX))


def _secret_fault(path: Path) -> Finding | None:
    """Return why a secret can't be used, never what it is."""
    try:
        is_empty = not path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it isn't text"
        remedy = "Let whom this program runs as read it, as text in UTF-8."
        return Finding(f"The secret can't be read: {reason}.", remedy, file=str(path))
    remedy = "Write the secret into it, or take it away."
    return Finding("The secret is empty.", remedy, file=str(path)) if is_empty else None


def acting_user(settings: Settings) -> str:
    """Return who acts: the name in the settings, or the operating system's."""
    if settings.user:
        return settings.user
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        remedy = f"Set {PREFIX}USER to the name that the audit log is to record."
        finding = Finding("The operating system doesn't say who you are.", remedy)
        raise InputError(finding) from None


def _as_finding(problem: Mapping[str, Any]) -> Finding:
    top, *inner = problem["loc"]
    name = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        known = ", ".join((ScheduleSettings if inner else Settings).model_fields)
        return Finding(f'There is no setting "{name}".', f"The settings are: {known}.")
    field = Settings.model_fields.get(str(top))
    secret = field is not None and field.annotation is SecretStr
    given = "" if secret or problem["type"] == "missing" else f" = {problem['input']!r}"
    return Finding(
        f"Setting {name}{given}: {problem['msg']}.",
        f"Mend {PREFIX}{str(top).upper()} or the settings file; help(bng_opt.Settings) says more.",
    )


def _unreadable() -> Finding:
    """Return the finding that a list of the environment is no JSON."""
    variable = f"{PREFIX}SCHEDULE"
    return Finding(f"{variable} can't be read as JSON.", "Write a list of objects, or none: [].")
