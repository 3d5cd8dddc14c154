"""What programs write about their own work: lines on stderr, for people or for machines.

Modules log with ``logging.getLogger(__name__)``. A program calls :func:`set_up_logging` once;
from then on each line says when (UTC), how grave, who, what, and for which job, scenario,
user and request (:func:`log_context`). Passwords and keys are masked wherever they stand.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from bng_opt.settings import Settings

_OURS = ("bng_opt", "uvicorn", "__main__", "root")
"""Whose lines the level of the settings is for; others have to be at least warnings."""
_GRAVER = {
    "weasyprint": logging.ERROR,  # A warning for each line of CSS that is for screens alone.
    "fontTools": logging.ERROR,  # Notes on tables of fonts that nobody here has made.
}
_PLAIN, _JSON = "plain", "json"
_LEVEL = "warning"

_HIDDEN = "***"
_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    # scheme://user:PASSWORD@host: to the last @ of a word, or over blanks to the first; what
    # looks like a port is none.
    (
        re.compile(r"(://[^\s:/@\[]*:)(?!\d+(?:[/\s?#,;)\"']|$))(?:\S+|[^\n@]*)@"),
        rf"\1{_HIDDEN}@",
    ),
    (re.compile(r"(\bbng_[0-9a-f]{12}_)[A-Za-z0-9_-]+"), rf"\1{_HIDDEN}"),
    (re.compile(r"(\bBearer\s+)[^\s\"',]+", re.IGNORECASE), rf"\1{_HIDDEN}"),
    (
        re.compile(
            r"(\w*(?:password|passwd|pwd|secret|api_?key|token)=)(?:'[^']*'|\"[^\"]*\"|[^\s&,;]+)",
            re.IGNORECASE,
        ),
        rf"\1{_HIDDEN}",
    ),
    (
        re.compile(
            r"(['\"]\w*(?:password|passwd|pwd|secret|api_?key|token)['\"]:\s*)"
            r"(?:'[^']*'|\"[^\"]*\")",
            re.IGNORECASE,
        ),
        rf"\1'{_HIDDEN}'",
    ),
)

_ids: ContextVar[Mapping[str, str]] = ContextVar("bng_opt_log_ids", default={})  # noqa: B039


@contextmanager
def log_context(
    *,
    job: str | None = None,
    scenario: str | None = None,
    user: str | None = None,
    request: str | None = None,
) -> Iterator[None]:
    """Let what is logged inside say for which job, scenario, user and request it is.

    Contexts nest, the inner one adding to the outer. A new thread begins without one.

    Parameters
    ----------
    job, scenario, request
        Their ids.
    user
        Who asked.
    """
    given = {"job": job, "scenario": scenario, "user": user, "request": request}
    known = {name: value for name, value in given.items() if value is not None}
    token = _ids.set({**_ids.get(), **known})
    try:
        yield
    finally:
        _ids.reset(token)


def set_up_logging(settings: Settings | None = None) -> None:
    """Write logs to stderr, in the form and from the level on that the settings say.

    Parameters
    ----------
    settings
        ``log_format`` and ``log_level``; as shipped without.
    """
    form = settings.log_format if settings else _PLAIN
    level = logging.getLevelName((settings.log_level if settings else _LEVEL).upper())
    handler = _ToStderr()
    handler.setFormatter(_JsonLines() if form == _JSON else _PlainLines())
    handler.addFilter(_is_wanted)
    root = logging.getLogger()
    for earlier in [each for each in root.handlers if isinstance(each, _ToStderr)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(level)
    # Python's own warnings go to stderr too, and would be no JSON there.
    logging.captureWarnings(form == _JSON)


def masked(text: str) -> str:
    """Return a text without passwords in URLs, API keys and the like.

    Examples
    --------
    >>> masked("postgresql://bng:hunter2@db.local/bng")
    'postgresql://bng:***@db.local/bng'
    """
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


class _ToStderr(logging.StreamHandler[TextIO]):
    """Writes to what stderr is at the time."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def _is_wanted(record: logging.LogRecord) -> bool:
    library = record.name.partition(".")[0]
    if library in _OURS:
        return True
    return record.levelno >= _GRAVER.get(library, logging.WARNING)


class _PlainLines(logging.Formatter):
    """One line a record for people; what follows, such as a trace, is indented."""

    def format(self, record: logging.LogRecord) -> str:
        ids = "".join(f" {name}={value}" for name, value in _ids.get().items())
        text = f"{record.levelname} {record.name}: {record.getMessage()}"
        if ids:
            text += f" [{ids.strip()}]"
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        # Nobody's text can pass for a line of its own.
        lines = [_visible(line) for line in masked(text).splitlines()]
        return f"{_moment(record)} " + "\n    ".join(lines)


class _JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        content: dict[str, object] = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
            **{name: masked(value) for name, value in _ids.get().items()},
        }
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            content["exception"] = {
                "type": type(error).__name__,
                "message": masked(str(error)),
                "trace": masked(self.formatException(record.exc_info)),
            }
        return json.dumps(content)


def _moment(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _visible(line: str) -> str:
    """Return a line without control characters, which could steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in line)
