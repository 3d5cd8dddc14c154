"""The report notebooks that there are, by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bng_opt.batch.parameters import Parameter, read_parameters
from bng_opt.errors import Finding, InputError
from bng_opt.reference import nearest
from bng_opt.resources import reports_dir

SUFFIX = ".ipynb"


@dataclass(frozen=True)
class Report:
    """A report notebook.

    Attributes
    ----------
    name
        What it is called: its file without the ending.
    path
        Its file.
    text
        The notebook as JSON.
    parameters
        What it takes.
    """

    name: str
    path: Path
    text: str
    parameters: tuple[Parameter, ...]

    @property
    def words(self) -> str:
        """Return its name as people write it: ``"Site quote"``."""
        return self.name.replace("_", " ").capitalize()

    def takes(self, *names: str) -> bool:
        """Return whether it has all these parameters."""
        return set(names) <= {parameter.name for parameter in self.parameters}

    def as_dict(self) -> dict[str, object]:
        """Return its name and its parameters as plain values."""
        return {"name": self.name, "parameters": [each.as_dict() for each in self.parameters]}


def list_reports() -> tuple[Report, ...]:
    """Return all reports by name.

    Examples
    --------
    >>> [report.name for report in list_reports()]
    ['market', 'portfolio', 'quote_pack', 'sensitivity', 'site_quote']
    """
    return tuple(_read(path) for _, path in sorted(_paths().items()))


def find_report(name: str) -> Report:
    """Return a report by its name, or a notebook of the user's own by its path.

    Raises
    ------
    InputError
        If there is none, or it can't be read as a report.
    """
    own = Path(name)
    if own.suffix == SUFFIX:
        return _read(own)
    paths = _paths()
    if name not in paths:
        (near,) = nearest(name, paths, 1) or ("none",)
        known = ", ".join(sorted(paths))
        remedy = f"The nearest is {near}. Known: {known}; or give the path of a notebook."
        raise InputError(Finding(f'There is no report "{name}".', remedy))
    return _read(paths[name])


def _paths() -> Mapping[str, Path]:
    return {path.stem: path for path in reports_dir().glob(f"*{SUFFIX}")}


def _read(path: Path) -> Report:
    try:
        text = path.read_text(encoding="utf-8")
        notebook: Any = json.loads(text)
        return Report(path.stem, path.resolve(), text, read_parameters(notebook))
    except OSError as error:
        why = error.strerror or type(error).__name__
    except (ValueError, SyntaxError) as error:
        why = str(error)
    except (KeyError, TypeError, AttributeError):
        why = "it isn't a Jupyter notebook"
    remedy = "Give a notebook whose cell tagged parameters has lines NAME = VALUE."
    raise InputError(Finding(f"It can't be read as a report: {why}.", remedy, file=str(path)))
