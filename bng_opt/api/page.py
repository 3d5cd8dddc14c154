"""The page at ``/docs``: the OpenAPI description for reading, without a script or a link out."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_STYLE = files("bng_opt.api").joinpath("templates", "page.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'"
"""The page's Content-Security-Policy: its own style sheet and nothing else."""


def page_of(description: Mapping[str, Any]) -> str:
    """Return an OpenAPI description as a page of HTML."""
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = {
        name: json.dumps(schema, indent=2, ensure_ascii=False)
        for name, schema in sorted(description["components"]["schemas"].items())
    }
    template = _environment().get_template("page.html.j2")
    return template.render(
        info=description["info"], operations=operations, schemas=schemas, style=_STYLE
    )


def forms_of(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the media types of a body or an answer, each with the name of its form."""
    return [(kind, _name_of(entry.get("schema", {}))) for kind, entry in content.items()]


def parts_of(entry: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the fields of a form that has no name: name, what it holds, its own form's name."""
    fields = entry.get("schema", {}).get("properties", {})
    return [
        (
            name,
            field.get("description") or field.get("contentMediaType", field.get("type", "")),
            _name_of(field.get("contentSchema", {})),
        )
        for name, field in fields.items()
    ]


def _name_of(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bng_opt.api"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["forms"] = forms_of
    environment.filters["parts"] = parts_of
    return environment
