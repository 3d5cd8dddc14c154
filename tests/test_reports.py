"""The report notebooks: thin, plain, paired with their text, and fit to be run by papermill."""

from __future__ import annotations

import ast
import importlib
import inspect
import shlex
from pathlib import Path

import jupytext
import nbformat
import papermill
import pytest

from bng_opt.batch.content.outcome import NO_PURCHASE, outcome_of
from bng_opt.errors import ExitStatus
from bng_opt.output import WRITTEN
from bng_opt.resources import data_dir, reports_dir

NAMES = ("market", "portfolio", "quote_pack", "sensitivity", "site_quote")
FOLDER = reports_dir()
DEMO = data_dir() / "demo"


def book_of(name: str):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def parameters_cell(name: str):
    (cell,) = [
        cell for cell in book_of(name).cells if "parameters" in cell.metadata.get("tags", ())
    ]
    return cell


def run(name: str, out: Path, **parameters: object):
    """Run a report as papermill does and return its notebook."""
    return papermill.execute_notebook(
        FOLDER / f"{name}.ipynb",
        out,
        parameters=parameters,
        kernel_name="python3",
        progress_bar=False,
    )


def test_the_reports_are_these_and_no_others() -> None:
    assert tuple(sorted(path.stem for path in FOLDER.glob("*.ipynb"))) == NAMES
    texts = {path.stem for path in FOLDER.glob("*.md")} - {"README"}
    assert tuple(sorted(texts)) == NAMES
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert all(f"| `{name}` |" in readme for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_notebook_and_text_are_in_step(name: str) -> None:
    book, text = book_of(name), jupytext.read(FOLDER / f"{name}.md")

    def content(notebook) -> list[tuple[str, str, list[str]]]:
        return [
            (cell.cell_type, cell.source, list(cell.metadata.get("tags", ())))
            for cell in notebook.cells
        ]

    assert content(book) == content(text)
    assert book.metadata.kernelspec == text.metadata.kernelspec
    assert book.metadata.jupytext.formats == "ipynb,md"


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_kept_without_outputs_and_its_cells_only_call(name: str) -> None:
    book = book_of(name)
    nbformat.validate(book)
    for cell in book.cells:
        assert cell.cell_type == "code"
        assert not cell.outputs
        assert cell.execution_count is None
        allowed = (ast.Import, ast.ImportFrom, ast.Assign, ast.Expr)
        assert all(isinstance(line, allowed) for line in ast.parse(cell.source).body)
    assert sum("parameters" in cell.metadata.get("tags", ()) for cell in book.cells) == 1


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_plain_lines_with_a_word_on_each(name: str) -> None:
    found = papermill.inspect_notebook(FOLDER / f"{name}.ipynb")
    lines = parameters_cell(name).source.splitlines()
    assert len(found) == len(lines)
    assert all(len(each["help"]) > 8 for each in found.values())


@pytest.mark.parametrize("name", NAMES)
def test_parameters_and_defaults_are_those_of_what_is_called(name: str) -> None:
    module = importlib.import_module(f"bng_opt.batch.content.{name}")
    signature = inspect.signature(module.answer).parameters
    namespace: dict[str, object] = {}
    exec(parameters_cell(name).source, namespace)
    del namespace["__builtins__"]

    def plain(value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    assert {key: plain(value) for key, value in namespace.items()} == {
        key: parameter.default for key, parameter in signature.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_section_of_a_report_is_called_once(name: str) -> None:
    sections = {
        "market": "opening changes stock areas_of_sale scarcity unpriced keep ending",
        "portfolio": "opening sites left_out ways stock banks checks ending",
        "quote_pack": "opening summary stock banks quotes ending",
        "sensitivity": "opening changes purchase checks ending",
        "site_quote": (
            "opening need purchases map uses why alternatives checks write_files ending"
        ),
    }
    calls = [
        node.func.attr
        for cell in book_of(name).cells
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert [call for call in calls if call != "answer"] == sections[name].split()


@pytest.mark.slow
def test_a_report_tells_its_outcome_shows_figures_and_leaves_its_files(tmp_path: Path) -> None:
    made = run(
        "site_quote",
        tmp_path / "quote.ipynb",
        requirement=str(DEMO / "needs" / "mill-lane.csv"),
        market=str(DEMO / "market"),
        lpa="Stratford-on-Avon",
        nca="Dunsmore and Feldon",
        mode="like_for_like",
        site_name="Mill Lane's end",
        files=str(tmp_path / "deal"),
    )
    outcome = outcome_of(made)
    assert outcome is not None
    assert (outcome.exit_status, outcome.status) == (ExitStatus.DONE, "proven")
    shown = [output for cell in made.cells for output in cell.outputs]
    assert {output.output_type for output in shown} == {"display_data"}
    pages = "".join(output.data["text/html"] for output in shown)
    assert outcome.result in pages
    assert pages.count("<style>") == 1
    assert pages.count("data:image/svg+xml") == 3
    assert sorted(path.name for path in (tmp_path / "deal").iterdir()) == sorted(WRITTEN)
    command = shown[-1].data["text/plain"].partition("Run it again")[2].strip().splitlines()[0]
    words = shlex.split(command)
    assert words[:3] == ["bng-opt", "report", "site_quote"]
    assert "site_name=Mill Lane's end" in words


@pytest.mark.slow
def test_no_lawful_purchase_ends_well_and_its_status_tells(tmp_path: Path) -> None:
    need = tmp_path / "need.csv"
    need.write_text("ledger,habitat,units\narea,Wetland - Blanket bog,2\n")
    place = {"lpa": "Stratford-on-Avon", "nca": "Dunsmore and Feldon"}
    made = run(
        "site_quote",
        tmp_path / "quote.ipynb",
        requirement=str(need),
        market=str(DEMO / "market"),
        **place,
    )
    outcome = outcome_of(made)
    assert outcome is not None
    assert (outcome.exit_status, outcome.status) == (ExitStatus.NO_LAWFUL_PURCHASE, NO_PURCHASE)
    assert "Blanket bog" in str(made)


@pytest.mark.slow
def test_a_report_that_fails_says_why_and_where(tmp_path: Path) -> None:
    with pytest.raises(papermill.PapermillExecutionError, match=r"nowhere\.xlsx"):
        run("site_quote", tmp_path / "quote.ipynb", metric="nowhere.xlsx")
    assert (tmp_path / "quote.ipynb").is_file()
