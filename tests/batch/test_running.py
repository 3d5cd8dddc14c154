"""Reports run for real: kernels, failures, files, and what needn't be made again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import nbformat
import psutil
import pytest
from filelock import FileLock

from bng_opt.batch import (
    BatchRun,
    Format,
    ReportRun,
    RunState,
    read_request,
    run_batch,
    run_report,
)
from bng_opt.errors import ExitStatus, InputError
from bng_opt.settings import Settings
from tests.support.running import PATIENCE_S, Cluster, until
from tests.support.tiny_report import write_manifest, write_tiny_report

ROWS = (
    {"name": "Ash Dell", "number": 3, "factors": "0.8; 1.2", "limit": "2", "day": "2026-11-30"},
    {"name": "Brook & <Co>", "number": 4, "end": "without"},
    {"name": "Copse", "number": 5, "end": "unproven", "loud": "yes"},
    {"name": "Dell", "end": "refused"},
    {"name": "Elm", "end": "bug"},
    {"name": "Fen", "end": "killed"},
    {"name": "Gorse", "end": "worker killed"},
)
COLUMNS = dict.fromkeys(("name", "number", "factors", "limit", "day", "end", "loud"), "")


def settings_in(folder: Path, **more: object) -> Settings:
    return Settings(database=str(folder / "own.sqlite"), workers=2, **more)


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("batch")
    write_tiny_report(folder)
    write_manifest(folder, *({**COLUMNS, **row} for row in ROWS))
    return folder


@pytest.fixture(name="batch", scope="module")
def _batch(folder: Path) -> BatchRun:
    """Run all rows once; the tests that follow look at what came of it."""
    request = read_request(str(folder / "tiny.ipynb"), {}, manifest=folder / "runs.csv")
    told: list[ReportRun] = []
    batch = run_batch(request, folder / "out", settings=settings_in(folder), on_done=told.append)
    assert sorted(run.title for run in told) == [row["name"] for row in ROWS]
    return batch


def run_of(batch: BatchRun, title: str) -> ReportRun:
    return next(run for run in batch.runs if run.title == title)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def seen_by(batch: BatchRun, title: str) -> list[str]:
    """Return what the kernel of a run saw around it."""
    book = nbformat.read(run_of(batch, title).paths(batch.folder)[Format.NOTEBOOK], 4)
    (text,) = [
        output["data"]["text/plain"]
        for each in book.cells
        for output in each.get("outputs", ())
        if "data" in output
    ]
    return text.split("|")


def test_every_run_is_told_in_order_one_that_fails_stops_no_other(batch: BatchRun) -> None:
    assert [run.title for run in batch.runs] == [row["name"] for row in ROWS]
    assert [run.state.value for run in batch.runs] == ["made"] * 3 + ["failed"] * 4
    assert [run.exit_status for run in batch.runs] == [0, 3, 4, 2, 1, 4, 4]
    assert batch.status is ExitStatus.BUG


def test_an_answer_is_told_with_its_proof_and_its_parts_without_one(batch: BatchRun) -> None:
    run = run_of(batch, "Copse")
    assert (run.result, run.proof) == ("Number 5.", "Counted.")
    assert [str(finding) for finding in run.findings] == ["Half: It is lost."]


def test_a_run_leaves_whole_files_of_each_format(batch: BatchRun) -> None:
    run = run_of(batch, "Brook & <Co>")
    assert {form.value: file.name for form, file in run.files.items()} == {
        "ipynb": "Brook-Co.ipynb",
        "html": "Brook-Co.html",
        "pdf": "Brook-Co.pdf",
    }
    assert run.is_whole(batch.folder, tuple(Format))
    paths = run.paths(batch.folder)
    assert "Number 4" in paths[Format.HTML].read_text("utf-8")
    assert paths[Format.PDF].read_bytes().startswith(b"%PDF")
    nbformat.validate(nbformat.read(paths[Format.NOTEBOOK], 4))


def test_a_failed_run_leaves_its_notebook_and_page_with_the_error_on_top_and_no_pdf(
    batch: BatchRun,
) -> None:
    run = run_of(batch, "Dell")
    assert [finding.message for finding in run.findings] == [
        "a.csv: It is <missing>. Add it.",
        "It is empty. Fill it.",
    ]
    assert set(run.files) == {Format.NOTEBOOK, Format.HTML}
    first = nbformat.read(run.paths(batch.folder)[Format.NOTEBOOK], 4).cells[0]
    assert "An Exception was encountered" in first.source
    page = run.paths(batch.folder)[Format.HTML].read_text("utf-8")
    assert page.index("this report failed") < page.index("a.csv: It is &lt;missing&gt;.")


def test_a_killed_kernel_is_a_failure_that_says_so(batch: BatchRun) -> None:
    run = run_of(batch, "Fen")
    assert "kernel was lost" in run.findings[0].message
    assert Format.NOTEBOOK in run.files


def test_a_lost_worker_fails_its_own_run_and_the_next_one_has_another(batch: BatchRun) -> None:
    run = run_of(batch, "Gorse")
    assert "worker was lost" in run.findings[0].message
    assert not run.files


def test_the_kernel_is_this_python_with_these_settings_in_a_folder_of_its_own(
    batch: BatchRun, folder: Path
) -> None:
    python, cwd, database, factors, limit, day = seen_by(batch, "Ash Dell")
    assert python == sys.executable
    assert database == str(folder / "own.sqlite")
    assert (factors, limit, day) == ("[0.8, 1.2]", "2", "2026-11-30")
    assert not Path(cwd).exists()


def test_nothing_is_left_but_the_files_and_their_index(batch: BatchRun) -> None:
    wanted = {file.name for run in batch.runs for file in run.files.values()}
    assert names(batch.folder) == wanted | {"index.html", "index.json"}


def test_the_index_tells_the_same_to_people_and_to_programs(batch: BatchRun) -> None:
    told = json.loads((batch.folder / "index.json").read_text("utf-8"))
    assert told["exit_status"] == 1
    assert [ReportRun.from_dict(each) for each in told["runs"]] == list(batch.runs)
    page = batch.index.read_text("utf-8")
    assert "7 reports: 3 made, 4 failed." in page
    assert "Brook &amp; &lt;Co&gt;" in page
    assert 'href="Brook-Co.pdf"' in page
    assert str(batch.folder) not in page


@pytest.fixture(name="copy")
def _copy(batch: BatchRun, tmp_path: Path) -> Path:
    """Return a folder where all was made once."""
    shutil.copytree(batch.folder, tmp_path / "out")
    return tmp_path / "out"


def again(folder: Path, out: Path, *titles: str, **more: object) -> dict[str, RunState]:
    """Run some rows again as notebooks alone, and return how each stands."""
    rows = [{**COLUMNS, **row} for row in ROWS if row["name"] in titles]
    manifest = write_manifest(folder, *rows, name="again.csv")
    request = read_request(str(folder / "tiny.ipynb"), {}, manifest=manifest)
    batch = run_batch(request, out, settings=settings_in(folder), **more)
    return {run.title: run.state for run in batch.runs}


def test_a_second_run_makes_only_what_changed_failed_or_was_damaged(
    folder: Path, copy: Path
) -> None:
    (copy / "Brook-Co.html").write_text("damaged")
    found = again(folder, copy, "Ash Dell", "Brook & <Co>", "Copse", "Dell")
    assert found == {
        "Ash Dell": RunState.KEPT,
        "Brook & <Co>": RunState.MADE,
        "Copse": RunState.KEPT,
        "Dell": RunState.FAILED,
    }
    assert "Number 4" in (copy / "Brook-Co.html").read_text("utf-8")
    earlier = json.loads((copy / "index.json").read_text("utf-8"))["earlier"]
    assert {run["title"] for run in earlier} == {"Elm", "Fen"}


def test_force_makes_all_again_and_other_formats_take_the_place_of_the_old(
    folder: Path, copy: Path
) -> None:
    found = again(folder, copy, "Ash Dell", force=True, formats=["html"])
    assert found == {"Ash Dell": RunState.MADE}
    assert {name for name in names(copy) if name.startswith("Ash")} == {"Ash-Dell.html"}


def test_a_run_that_fails_now_takes_its_older_answer_away(tmp_path: Path, copy: Path) -> None:
    report = write_tiny_report(tmp_path)
    given = {"end": "refused", "number": 3}
    run = run_report(str(report), given, copy, title="Ash Dell", settings=settings_in(tmp_path))
    assert run.state is RunState.FAILED
    assert {name for name in names(copy) if name.startswith("Ash")} == {
        "Ash-Dell.ipynb",
        "Ash-Dell.html",
    }


def test_an_index_that_is_damaged_counts_as_none(
    folder: Path, copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (copy / "index.json").write_text('{"form": 1, "runs": [{}], "earlier": []}')
    assert again(folder, copy, "Copse", formats=["ipynb"]) == {"Copse": RunState.MADE}
    assert "made anew" in caplog.text


def test_a_cell_that_takes_too_long_ends_its_run(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, job_timeout_s=1)
    report = str(write_tiny_report(tmp_path))
    run = run_report(report, {"nap_s": 60}, tmp_path / "out", formats=["html"], settings=settings)
    assert run.exit_status is ExitStatus.NOT_PROVEN
    assert "took longer" in run.findings[0].message


@pytest.mark.parametrize(
    ("formats", "words"), [(["docx"], 'no format "docx"'), ([], "No format is given")]
)
def test_formats_are_checked_before_any_run(tmp_path: Path, formats: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        run_report(str(write_tiny_report(tmp_path)), {}, tmp_path / "out", formats=formats)
    assert not (tmp_path / "out").exists()


def test_a_pdf_that_can_not_be_made_here_is_said_before_any_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    settings = Settings(pdf_engine="chromium")
    report = str(write_tiny_report(tmp_path))
    with pytest.raises(InputError, match=r"no Chromium.*leave pdf out"):
        run_report(report, {}, tmp_path / "out", settings=settings)


def test_the_folder_of_the_notebook_itself_is_refused(tmp_path: Path) -> None:
    report = write_tiny_report(tmp_path)
    before = report.read_bytes()
    with pytest.raises(InputError, match="written over"):
        run_report(str(report), {}, tmp_path)
    assert report.read_bytes() == before


def test_a_folder_where_another_batch_is_at_work_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    report = str(write_tiny_report(tmp_path))
    with (
        FileLock(tmp_path / "out" / ".bng-opt.lock"),
        pytest.raises(InputError, match="Another batch"),
    ):
        run_report(report, {}, tmp_path / "out", formats=["html"])


def test_runs_go_to_a_dask_cluster_where_the_settings_name_one(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path).start(1)
    try:
        settings = settings_in(tmp_path, scheduler=cluster.address)
        request = read_request(str(write_tiny_report(tmp_path)), {"number": 8})
        batch = run_batch(request, tmp_path / "out", formats=["html"], settings=settings)
    finally:
        cluster.stop()
    assert [run.result for run in batch.runs] == ["Number 8."]
    assert "Number 8" in (tmp_path / "out" / "tiny.html").read_text("utf-8")


@pytest.fixture(name="interrupted")
def _interrupted(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start a batch of which one run ends soon and the other never, in a terminal of its own."""
    rows = ({"name": "Quick", "nap_s": 0}, {"name": "Slow", "nap_s": 600})
    report, manifest = write_tiny_report(tmp_path), write_manifest(tmp_path, *rows)
    program = "from bng_opt.cli import main; main()"
    command = [sys.executable, "-c", program, "report", str(report), "--manifest", str(manifest)]
    command += ["--out", str(tmp_path / "out"), "--format", "html", "--jobs", "2"]
    (tmp_path / "tmp").mkdir()
    process = subprocess.Popen(
        command, start_new_session=True, env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    yield process, tmp_path
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def kernels(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "ipykernel_launcher" in child.cmdline():
                found.append(child)
    return found


def until_only_slow_is_left(process: subprocess.Popen[bytes], out: Path) -> list[psutil.Process]:
    """Wait for the first report and the second's kernel, and return all that work on it."""
    index = out / "index.html"
    until(lambda: index.exists() and b"1 made, 1 not run yet" in index.read_bytes(), "a report")
    until(lambda: kernels(process), "a kernel")
    return psutil.Process(process.pid).children(recursive=True)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_whole_files_no_process_and_an_index_to_go_on_from(
    interrupted: tuple[subprocess.Popen[bytes], Path], how: signal.Signals
) -> None:
    process, folder = interrupted
    out = folder / "out"
    children = until_only_slow_is_left(process, out)
    # Ctrl-C reaches every process of the terminal.
    os.killpg(process.pid, how) if how is signal.SIGINT else process.send_signal(how)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == ExitStatus.NOT_PROVEN
    assert b"Run it again" in said
    assert b"Traceback" not in said
    _, alive = psutil.wait_procs(children, timeout=PATIENCE_S)
    assert not alive
    assert names(out) == {"Quick.html", "index.html", "index.json"}
    told = json.loads((out / "index.json").read_text("utf-8"))["runs"]
    assert [run["state"] for run in told] == ["made", "waiting"]
    assert not list((folder / "tmp").glob("bng-opt-*"))


def test_workers_and_kernels_end_with_a_process_that_was_killed(
    interrupted: tuple[subprocess.Popen[bytes], Path],
) -> None:
    process, folder = interrupted
    children = until_only_slow_is_left(process, folder / "out")
    process.kill()
    _, alive = psutil.wait_procs(children, timeout=PATIENCE_S)
    assert not alive
    assert names(folder / "out") == {"Quick.html", "index.html", "index.json"}
