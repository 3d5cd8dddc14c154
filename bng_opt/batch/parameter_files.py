"""Parameters of a report from a file: JSON, TOML or YAML, by its ending."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bng_opt.errors import Finding, InputError


def read_parameter_file(path: Path) -> dict[str, Any]:
    """Return the parameters that a file gives, by name, as they stand there.

    Parameters
    ----------
    path
        A file that ends in ``.json``, ``.toml``, ``.yaml`` or ``.yml``: names and values.

    Raises
    ------
    InputError
        If it can't be read as such.
    """
    read = _READERS.get(path.suffix.casefold())
    if read is None:
        known = ", ".join(_READERS)
        raise _refused(path, "It is no file of parameters.", f"Give a file that ends in {known}.")
    try:
        content = read(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise _refused(path, f"It can't be read: {why}.", "Check its path.") from None
    except ValueError as error:
        raise _refused(path, f"It can't be read ({error}).", "Mend it there.") from None
    if not isinstance(content, Mapping) or not all(isinstance(name, str) for name in content):
        raise _refused(path, "It holds no parameters.", "Give names and their values.")
    return dict(content)


def _read_yaml(text: str) -> Any:
    # It comes with papermill.
    import yaml  # type: ignore[import-untyped]

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None


def _refused(path: Path, message: str, remedy: str) -> InputError:
    return InputError(Finding(message, remedy, file=str(path)))


_READERS: Mapping[str, Callable[[str], Any]] = {
    ".json": json.loads,
    ".toml": tomllib.loads,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
}
