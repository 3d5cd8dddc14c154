"""A release: what its archives carry, and that an installed copy works without the checkout."""

from __future__ import annotations

import hashlib
import os
import re
import site
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest

import bng_opt
from tests.support.browser import Server, _await, end, free_port
from tests.support.checkout import REPOSITORY, files_under

pytestmark = pytest.mark.slow

SHARED = ("notebooks", "reports", "data")
DIST_INFO = f"bng_opt-{bng_opt.__version__}.dist-info"
# Each wheel lists its own files with their sums, and says what made it.
OF_THE_BUILD = {f"{DIST_INFO}/RECORD", f"{DIST_INFO}/WHEEL"}


@dataclass(frozen=True)
class Built:
    """What a release hands out."""

    sdist: Path
    wheel: Path

    @property
    def in_wheel(self) -> set[str]:
        return set(contents(self.wheel))

    @property
    def in_sdist(self) -> set[str]:
        with tarfile.open(self.sdist) as archive:
            return {name.partition("/")[2] for name in archive.getnames()}


def contents(wheel: Path) -> dict[str, str]:
    """Return the names in a wheel, each with the hash of its content."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def build(folder: Path, *options: str) -> None:
    words = ["-m", "build", "--no-isolation", "--outdir", str(folder), *options]
    run = subprocess.run([sys.executable, *words], cwd=REPOSITORY, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the source archive, and from it the wheel."""
    folder = tmp_path_factory.mktemp("dist")
    build(folder)
    return Built(next(folder.glob("*.tar.gz")), next(folder.glob("*.whl")))


class TestArchives:
    def test_the_wheel_carries_the_code_and_its_data(self, built: Built) -> None:
        package = files_under(REPOSITORY / "bng_opt")
        assert "bng_opt/py.typed" in package
        assert package - built.in_wheel == set()

    @pytest.mark.parametrize("folder", SHARED)
    def test_the_wheel_carries_the_shared_folder(self, folder: str, built: Built) -> None:
        shared = files_under(REPOSITORY / folder)
        assert shared, f"{folder}/ is empty"
        assert {f"bng_opt/_shared/{name}" for name in shared} - built.in_wheel == set()

    def test_the_wheel_carries_nothing_else(self, built: Built) -> None:
        tops = {name.partition("/")[0] for name in built.in_wheel}
        assert tops == {"bng_opt", DIST_INFO}

    def test_the_licence_and_the_notices_travel_with_the_wheel(self, built: Built) -> None:
        licences = f"{DIST_INFO}/licenses/"
        assert {licences + "LICENSE", licences + "NOTICE.md"} <= built.in_wheel

    def test_the_source_archive_carries_what_the_tests_need(self, built: Built) -> None:
        wanted = {"pyproject.toml", "Makefile", "environment.yml", "CHANGELOG.md"}
        assert {*wanted, "tests/conftest.py"} - built.in_sdist == set()

    def test_the_source_archive_makes_the_wheel_of_the_checkout(
        self, built: Built, tmp_path: Path
    ) -> None:
        build(tmp_path, "--wheel")
        straight, through_sdist = contents(next(tmp_path.glob("*.whl"))), contents(built.wheel)
        assert set(straight) == set(through_sdist)
        differing = {name for name in straight if straight[name] != through_sdist[name]}
        assert differing <= OF_THE_BUILD

    def test_an_index_would_take_both(self, built: Built) -> None:
        words = [sys.executable, "-m", "twine", "check", "--strict"]
        run = subprocess.run(
            [*words, str(built.sdist), str(built.wheel)], capture_output=True, text=True
        )
        assert run.returncode == 0, run.stdout + run.stderr


@dataclass(frozen=True)
class Installed:
    """A copy installed from the wheel in an environment of its own, used from another folder."""

    prefix: Path
    home: Path

    @property
    def python(self) -> Path:
        return self.prefix / "bin" / "python"

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables of a process: nothing that leads to the checkout."""
        ours = ("BNG_", "PYTHON", "VIRTUAL_ENV", "COVERAGE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        # What wheels of others put beside Python: Voila's and nbconvert's templates.
        beside = Path(sysconfig.get_path("data")) / "share" / "jupyter"
        return {
            **kept,
            "HOME": str(self.home),
            "JUPYTER_PATH": str(beside),
            "JUPYTER_PLATFORM_DIRS": "1",
            "BNG_OPT_WORKERS": "1",
            "BNG_OPT_CACHE_FOLDER": str(self.home / "cache"),
            "BNG_OPT_DATABASE": str(self.home / "store.sqlite"),
        }

    def run(self, *words: str) -> str:
        """Run one of the environment's programs and return what it printed."""
        run = subprocess.run(
            [str(self.prefix / "bin" / words[0]), *words[1:]],
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, f"{words}:\n{run.stdout}\n{run.stderr}"
        return run.stdout

    def says(self, code: str) -> str:
        return self.run("python", "-c", code).strip()


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the wheel in a fresh environment that sees the other packages installed here.

    They are on the path of modules by a ``.pth``, below the copy's own folder. That is quick and
    needs no network; an editable ``bng_opt`` there stays unseen, as Python reads the ``.pth``
    files of no folder that was added by one.
    """
    folder = tmp_path_factory.mktemp("installed")
    copy = Installed(folder / "environment", folder / "home")
    copy.home.mkdir()
    venv.create(copy.prefix, with_pip=True)
    copy.run(
        "python", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", str(built.wheel)
    )
    own = Path(copy.says("import sysconfig; print(sysconfig.get_path('purelib'))"))
    others = [each for each in site.getsitepackages() if Path(each).is_dir()]
    (own / "others.pth").write_text("\n".join(others), encoding="utf-8")
    return copy


class TestInstalledCopy:
    def test_it_is_the_wheel_s_and_not_the_checkout_s(self, installed: Installed) -> None:
        found = installed.says("import bng_opt; print(bng_opt.__file__)")
        assert installed.prefix in Path(found).parents
        path = installed.says("import sys; print(sys.path)")
        assert str(REPOSITORY / "bng_opt") not in path
        assert f"'{REPOSITORY}'" not in path

    def test_it_says_the_version_of_the_release(self, installed: Installed) -> None:
        assert bng_opt.__version__ in installed.run("bng-opt", "--version")
        code = "from importlib.metadata import version; print(version('bng-opt'))"
        assert installed.says(code) == bng_opt.__version__

    def test_every_extra_finds_what_it_asks_for(self, installed: Installed, built: Built) -> None:
        wanted = f"bng-opt[all] @ {built.wheel.as_uri()}"
        words = ("-m", "pip", "install", "--quiet", "--no-index", "--dry-run", wanted)
        assert "Would install" not in installed.run("python", *words)

    def test_the_demonstration_runs(self, installed: Installed) -> None:
        said = installed.run("bng-opt", "demo", "--out", "out")
        assert "Proven" in said
        out = installed.home / "out"
        assert {"plan.json", "plan.xlsx", "purchases.csv", "report.txt", "store.sqlite"} <= {
            path.name for path in out.iterdir()
        }
        assert {".html", ".pdf", ".xlsx"} <= {path.suffix for path in (out / "quote").iterdir()}

    def test_the_dashboard_serves(self, installed: Installed) -> None:
        port, log = free_port(), installed.home / "app.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [installed.prefix / "bin" / "bng-opt", "app"],
                env={**installed.environment, "BNG_OPT_APP_PORT": str(port)},
                cwd=installed.home,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
        try:
            database = installed.home / "store.sqlite"
            server = Server(f"http://127.0.0.1:{port}/", database, log, process)
            _await(server)
            with urlopen(server.url, timeout=120) as answer:
                page = answer.read(20_000).decode("utf-8", errors="replace")
        finally:
            end(process)
        assert process.returncode == 0, log.read_text()
        assert re.search(r"<title>[^<]*[Bb]iodiversity[^<]*</title>", page), page[:2000]

    def test_a_report_is_made(self, installed: Installed) -> None:
        market = installed.says(
            "from bng_opt.resources import data_dir; print(data_dir() / 'demo' / 'market')"
        )
        words = ("--param", f"market={market}", "--out", "reports-out")
        said = installed.run("bng-opt", "report", "market", *words)
        made = {path.suffix for path in (installed.home / "reports-out").rglob("*")}
        assert {".ipynb", ".html"} <= made, said
