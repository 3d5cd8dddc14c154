"""The settings as they stand: each with its value, where that came from, and its meaning."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from pydantic_settings import (
    EnvSettingsSource,
    SecretsSettingsSource,
    TomlConfigSettingsSource,
)

from bng_opt.errors import Finding
from bng_opt.logs import masked
from bng_opt.settings import (
    FILE_VARIABLE,
    PREFIX,
    SECRETS_VARIABLE,
    Settings,
    secret_files,
    secrets_folder,
    settings_file,
)

OTHER_VARIABLES = (
    FILE_VARIABLE,
    SECRETS_VARIABLE,
    f"{PREFIX}CI",
    f"{PREFIX}DEBUG",
    f"{PREFIX}SHARED",
)
"""Variables of ours that aren't settings: where those are, and what is for developers."""
_PARAMETERS = re.compile(r"^Parameters\n-+\n(.*?)\n\n(?=\w)", re.DOTALL | re.MULTILINE)


class Source(StrEnum):
    """Where a value came from."""

    DEFAULT = "default"
    FILE = "file"
    SECRET = "secret"  # noqa: S105 (a place's name)
    ENVIRONMENT = "environment"


@dataclass(frozen=True)
class ListedSetting:
    """One setting as it stands.

    Attributes
    ----------
    name
        As the settings file has it.
    variable
        As the environment has it.
    value
        Its value as text, without passwords; empty where nothing is set.
    source
        Where the value came from.
    meaning
        What it is for; settings that belong together share their meaning.
    """

    name: str
    variable: str
    value: str
    source: Source
    meaning: str

    def as_dict(self) -> dict[str, str]:
        """Return it as plain values."""
        return {**vars(self), "source": self.source.value}


def list_settings() -> tuple[ListedSetting, ...]:
    """Return every setting, in the order of :class:`~bng_opt.settings.Settings`.

    Raises
    ------
    InputError
        With every value that can't be, at once.
    """
    settings, explained, origins = Settings(), meanings(), _origins()
    return tuple(
        ListedSetting(
            name,
            PREFIX + name.upper(),
            _shown(getattr(settings, name)),
            origins.get(name, Source.DEFAULT),
            explained.get(name, ""),
        )
        for name in Settings.model_fields
    )


def meanings() -> dict[str, str]:
    """Return what each setting is for, as the docstring of the settings says it."""
    found = _PARAMETERS.search(inspect.getdoc(Settings) or "")
    return dict(_explained(found.group(1) if found else ""))


def unknown_variables() -> tuple[Finding, ...]:
    """Return the variables, and files of secrets, that look like settings and are none."""
    known = [name.upper() for name in Settings.model_fields]
    others = [name.removeprefix(PREFIX) for name in OTHER_VARIABLES]
    names = [name for name in os.environ if name.upper().startswith(PREFIX)]
    folder = secrets_folder()
    names += [path.name for path in secret_files(folder)] if folder else []
    given = {name.upper().removeprefix(PREFIX): name for name in names}
    findings = []
    for upper in sorted(given.keys() - {*known, *others}):
        near = get_close_matches(upper, known, n=1)
        remedy = f"Did you mean {PREFIX}{near[0]}?" if near else "See: bng-opt settings."
        findings.append(Finding(f"{given[upper]} is no setting, and has no effect.", remedy))
    return tuple(findings)


def _origins() -> dict[str, Source]:
    folder, path = secrets_folder(), settings_file()
    from_file = TomlConfigSettingsSource(Settings, path)() if path else {}
    from_secrets = SecretsSettingsSource(Settings, folder)() if folder else {}
    from_environment = EnvSettingsSource(Settings)()
    return {
        **dict.fromkeys(from_file, Source.FILE),
        **dict.fromkeys(from_secrets, Source.SECRET),
        **dict.fromkeys(from_environment, Source.ENVIRONMENT),
    }


def _explained(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names of a numpydoc section, each with the text that stands below it."""
    for entry in re.split(r"\n(?=\w)", text):
        names, _, lines = entry.partition("\n")
        meaning = " ".join(lines.replace("``", "").split())
        for name in names.split(","):
            yield name.strip(), meaning


def _shown(value: object) -> str:
    return "" if value is None else masked(str(value))
