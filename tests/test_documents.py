"""README, documentation and notebooks: their examples run and show what the package says."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from typer.main import get_command

from bng_opt.cli.app import app
from bng_opt.settings import PREFIX
from bng_opt.settings_listing import OTHER_VARIABLES, list_settings

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text("utf-8")
COMMAND_LINE = (REPOSITORY / "docs" / "command-line.md").read_text("utf-8")
PAGES = [
    REPOSITORY / "README.md",
    REPOSITORY / "reports" / "README.md",
    *sorted((REPOSITORY / "docs").glob("**/*.md")),
]
FLY = sorted((REPOSITORY / "deploy" / "fly").glob("*.toml"))
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
BRIEF = 15
"""Lines of code in the longest cell of a thin notebook."""
BLANK = ("…", "FILE", "WORKBOOK", "NAME", "ID", "PLAN.json", "SITES.csv", "SOURCE", "REFERENCE")
"""Words of a command in a sentence that stand for something, or leave it open."""


def stable(line: str) -> str:
    """Return a line without the pounds of the proof, which differ between solver versions."""
    return re.sub(r"£[\d.]+", "£…", line) if line.startswith("Proof") else line


def python_example() -> str:
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    return str(example)


def commands_in_blocks(text: str) -> Iterator[list[str]]:
    """Yield the words of every ``bng-opt …`` that stands on lines of its own."""
    for line in re.sub(r" *\\\n\s*", " ", text).splitlines():
        words = line.strip()
        if words.startswith("bng-opt ") and "…" not in words:
            yield shlex.split(words, comments=True)[1:]


def commands_in_sentences(text: str) -> Iterator[list[str]]:
    """Yield the words of every ``bng-opt …`` in a sentence."""
    for found in re.findall(r"`(bng-opt\s[^`]+)`", text):
        yield found.split()[1:]


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that words name, and what follows its name."""
    command: Any = get_command(app)
    rest = list(words)
    while rest and hasattr(command, "commands") and rest[0] in command.commands:
        command = command.commands[rest.pop(0)]
    return command, rest


def options_of(command: Any) -> set[str]:
    return {name for each in command.params for name in [*each.opts, *each.secondary_opts]}


def test_the_readme_s_example_is_six_lines_and_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(REPOSITORY)
    code = [line for line in python_example().splitlines() if line]
    assert len(code) == 6
    exec(compile(python_example(), "README.md", "exec"), {})
    assert "Proven" in capsys.readouterr().out


def test_the_documentation_shows_the_demonstration_s_real_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bng_opt.cli import run

    monkeypatch.chdir(REPOSITORY)
    words = next(commands_in_blocks(COMMAND_LINE))
    assert run(words[: words.index("--out")]) == 0
    printed = set(map(stable, capsys.readouterr().out.splitlines()))
    (shown,) = re.findall(r"```text\n(.*?)```", COMMAND_LINE, flags=re.DOTALL)
    lines = [line for line in shown.splitlines() if line.strip()]
    assert len(lines) > 20
    assert [line for line in lines if stable(line) not in printed] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_command_that_is_shown_can_be_typed(page: Path) -> None:
    for words in commands_in_blocks(page.read_text("utf-8")):
        command, rest = command_of(words)
        assert not hasattr(command, "commands"), f"bng-opt {shlex.join(words)}: no such command"
        # Parsing refuses unknown options, missing arguments and what can't be their values.
        command.make_context("bng-opt", rest)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_command_in_a_sentence_exists_with_its_options(page: Path) -> None:
    for words in commands_in_sentences(page.read_text("utf-8")):
        command, rest = command_of(words)
        open_end = not rest or rest[0].startswith("--") or not hasattr(command, "commands")
        assert open_end or rest[0] in BLANK, f"bng-opt {' '.join(words)}: no such command"
        named = {word.partition("=")[0] for word in rest if word.startswith("--")}
        assert named - options_of(command) - {"--help"} == set(), f"bng-opt {' '.join(words)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_variable_that_is_named_is_a_setting(page: Path) -> None:
    known = {each.variable for each in list_settings()} | {*OTHER_VARIABLES, PREFIX}
    named = set(re.findall(r"\bBNG_OPT_[A-Z_]*", page.read_text("utf-8")))
    assert named - known == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_file_that_is_named_is_there(page: Path) -> None:
    folders = "bng_opt|data|deploy|docs|notebooks|reports|tests"
    named = re.findall(rf"`((?:{folders})/[^`*{{ ]*)`", page.read_text("utf-8"))
    gone = [name for name in named if not (REPOSITORY / name).exists()]
    assert [name for name in gone if not name.startswith("docs/_build")] == []


@pytest.mark.parametrize("path", FLY, ids=lambda path: path.name)
def test_every_process_on_fly_is_a_command(path: Path) -> None:
    file = tomllib.loads(path.read_text("utf-8"))
    released = file.get("deploy", {}).get("release_command")
    lines = [*file["processes"].values(), *([released] if released else [])]
    commands = [command for line in lines for command in commands_in_blocks(line)]
    assert len(commands) == len(lines)
    for words in commands:
        command, rest = command_of(words)
        command.make_context("bng-opt", rest)


def test_the_readme_s_links_and_pictures_are_there() -> None:
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
