"""README and notebooks: their examples run and show what the package says."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text("utf-8")
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
BRIEF = 15
"""Lines of code in the longest cell of a thin notebook."""


def stable(line: str) -> str:
    """Return a line without the pounds of the proof, which differ between solver versions."""
    return re.sub(r"£[\d.]+", "£…", line) if line.startswith("Proof") else line


def python_example() -> str:
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    return str(example)


def test_the_readme_s_example_is_six_lines_and_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(REPOSITORY)
    code = [line for line in python_example().splitlines() if line]
    assert len(code) == 6
    exec(compile(python_example(), "README.md", "exec"), {})
    assert "Proven" in capsys.readouterr().out


def test_the_readme_shows_the_demonstration_s_real_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bng_opt.cli import run

    monkeypatch.chdir(REPOSITORY)
    words = ["--lpa", "Stratford-on-Avon", "--nca", "Dunsmore and Feldon"]
    words += ["--waterbody", "GB109054043880"]
    files = ["--metric", "data/demo/metric.xlsx", "--market", "data/demo/market"]
    assert run(["optimise", *files, *words]) == 0
    printed = set(map(stable, capsys.readouterr().out.splitlines()))
    shown = README.partition("--out out\n")[2].partition("\nand so on")[0].splitlines()
    lines = [line.removeprefix("    ") for line in shown if line.strip()]
    assert len(lines) > 20
    assert [line for line in lines if stable(line) not in printed] == []


def test_the_readme_s_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (REPOSITORY / target).exists()] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_thin_and_kept_without_outputs(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in cells)
    assert max(len(cell.source.splitlines()) for cell in cells) <= BRIEF
    assert book.metadata.kernelspec.name == "python3"
