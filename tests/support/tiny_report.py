"""A report notebook that takes no time: it ends as its parameters say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import nbformat

PARAMETERS = """\
label = ""  # What it is called
number = 1  # A whole number
share = 0.5  # A number
factors = [0.9, 1.1]  # Numbers
loud = False  # Whether it complains
limit = None  # At most so many
day = ""  # Date: of what
nap_s = 0.0  # How long it takes [s]
end = "well"  # How it ends
source = ""  # Path: a file that it reads
files = ""  # Path: a folder that it writes into
"""
BODY = """\
import os, sys, time
from bng_opt.errors import Finding, InputError
from bng_opt.settings import Settings
time.sleep(nap_s)
if loud:
    print("Something to note.", file=sys.stderr)
if end == "refused":
    raise InputError([
        Finding("It is <missing>.", "Add it.", file="a.csv"), Finding("It is empty.", "Fill it.")
    ])
if end == "bug":
    1 / 0
if end == "killed":
    os._exit(9)
if end == "worker killed":
    os.kill(os.getppid(), 9)
    time.sleep(600)
"""
TELL = """\
from IPython.display import display
status = {"well": 0, "without": 3, "unproven": 4}[end]
told = {
    "exit_status": status, "status": end, "result": f"Number {number}.", "proof": "Counted.",
    "scenario": "", "failed": [{"name": "Half", "why": "It is lost."}] if end == "unproven" else [],
}
seen = f"{sys.executable}|{os.getcwd()}|{Settings().database}|{factors}|{limit}|{day}"
display(
    {"text/html": f"<h1>{label or 'Tiny'}</h1><p id='number'>Number {number}</p>",
     "text/plain": seen, "application/vnd.bng-opt.outcome+json": told}, raw=True)
"""


def write_tiny_report(
    folder: Path, parameters: str = PARAMETERS, body: str = BODY, tell: str = TELL
) -> Path:
    """Write the notebook into a folder and return its path."""
    cells = [
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        *map(nbformat.v4.new_code_cell, (body, tell)),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = folder / "tiny.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def write_manifest(folder: Path, *rows: Mapping[str, object], name: str = "runs.csv") -> Path:
    """Write a manifest whose columns are the keys of the first row, and return its path."""
    columns = list(rows[0])
    lines = [",".join(columns)]
    lines += [",".join(f'"{row.get(column, "")}"' for column in columns) for row in rows]
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
