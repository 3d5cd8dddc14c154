"""The project itself: its folders, its packaging, its import rules, its papers in step."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from importlinter.cli import lint_imports
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bng_opt
from bng_opt import resources
from bng_opt.errors import InputError

REPOSITORY = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]

FOLDERS = ("bng_opt", "notebooks", "reports", "data", "tests")
ROOMS = ("reference", "metric", "places", "market", "optimiser")
SHARED = ("notebooks", "reports", "data")

CONDA_NAMES = {"matplotlib-base": "matplotlib", "python-build": "build"}
ONLY_CONDA = {"python", "pip", "coin-or-cbc"}
IN_ENVIRONMENT = ("report", "dev")

# In two parts, so that this file does not name them.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian", "org"),
        ("anaconda", "org"),
        ("anaconda", "com"),
    )
)


def bounds(requirements: list[str]) -> dict[str, str]:
    """Return canonical name -> version bounds, whatever the extras and markers."""
    parsed = [Requirement(text) for text in requirements]
    return {canonicalize_name(one.name): str(one.specifier) for one in parsed}


def conda_bounds() -> dict[str, str]:
    environment = yaml.safe_load((REPOSITORY / "environment.yml").read_text())
    texts: list[str] = []
    for entry in environment["dependencies"]:
        texts += entry["pip"] if isinstance(entry, dict) else [entry]
    found = bounds(texts)
    return {CONDA_NAMES.get(name, name): bound for name, bound in found.items()}


def project_files() -> list[Path]:
    """Return every file that git keeps or would keep."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("on purpose: not a git checkout, so its files can't be told from others")
    paths = [REPOSITORY / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Build the source archive, and from it the wheel; return the names in each."""
    folder = tmp_path_factory.mktemp("dist")
    run = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        in_wheel = set(wheel.namelist())
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        in_archive = {name.partition("/")[2] for name in archive.getnames()}
    return {"wheel": in_wheel, "sdist": in_archive}


def files_under(folder: Path, pattern: str = "**/*") -> set[str]:
    """Return the kept files of a folder, relative to the checkout."""
    kept = {path for path in project_files() if folder in path.parents}
    return {str(path.relative_to(REPOSITORY)) for path in kept & set(folder.glob(pattern))}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_top_folder_of_the_design_exists(folder: str) -> None:
    assert (REPOSITORY / folder).is_dir()


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_a_package(room: str) -> None:
    assert (REPOSITORY / "bng_opt" / room / "__init__.py").is_file()


def test_the_import_rules_hold(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(REPOSITORY / "pyproject.toml"), no_cache=True)
    assert status == 0, capsys.readouterr().out


def test_the_version_leads_the_changelog() -> None:
    changelog = (REPOSITORY / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## \[([^\]]+)\]", changelog, flags=re.MULTILINE)
    released = [heading for heading in headings if heading != "Unreleased"]
    assert released[0] == bng_opt.__version__


def test_environment_yml_has_the_names_and_bounds_of_pyproject() -> None:
    wanted = bounds(PROJECT["dependencies"])
    for extra in IN_ENVIRONMENT:
        wanted |= bounds(PROJECT["optional-dependencies"][extra])
    found = conda_bounds()
    assert found.pop("python") == PROJECT["requires-python"]
    assert {name: bound for name, bound in found.items() if name not in ONLY_CONDA} == wanted


def test_one_name_has_one_bound_in_every_extra() -> None:
    stated: dict[str, set[str]] = {}
    for group in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()):
        for name, bound in bounds(group).items():
            stated.setdefault(name, set()).add(bound)
    assert {name: found for name, found in stated.items() if len(found) > 1} == {}


def test_the_extra_all_names_every_extra_but_dev() -> None:
    extras = PROJECT["optional-dependencies"]
    (everything,) = [Requirement(text) for text in extras["all"]]
    assert everything.extras == set(extras) - {"all", "dev"}


def test_the_wheel_carries_the_code_and_its_data(built: dict[str, set[str]]) -> None:
    package = files_under(REPOSITORY / "bng_opt")
    assert "bng_opt/py.typed" in package
    assert package - built["wheel"] == set()


@pytest.mark.parametrize("folder", SHARED)
def test_the_wheel_carries_the_shared_folder(folder: str, built: dict[str, set[str]]) -> None:
    shared = files_under(REPOSITORY / folder)
    assert shared, f"{folder}/ is empty"
    assert {f"bng_opt/_shared/{name}" for name in shared} - built["wheel"] == set()


def test_the_wheel_carries_nothing_else(built: dict[str, set[str]]) -> None:
    tops = {name.partition("/")[0] for name in built["wheel"]}
    assert tops == {"bng_opt", f"bng_opt-{bng_opt.__version__}.dist-info"}


def test_the_licence_and_the_notices_travel_with_the_wheel(built: dict[str, set[str]]) -> None:
    licences = f"bng_opt-{bng_opt.__version__}.dist-info/licenses/"
    assert {licences + "LICENSE", licences + "NOTICE.md"} <= built["wheel"]


def test_the_source_archive_carries_what_the_tests_need(built: dict[str, set[str]]) -> None:
    wanted = {"pyproject.toml", "Makefile", "environment.yml", "CHANGELOG.md", "tests/conftest.py"}
    assert wanted - built["sdist"] == set()


def test_no_file_names_a_package_registry() -> None:
    naming: list[str] = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8").lower()
        except UnicodeDecodeError:
            continue
        naming += [f"{path.name}: {host}" for host in REGISTRY_HOSTS if host in text]
    assert naming == []


@pytest.mark.parametrize("name", SHARED)
def test_a_checkout_finds_its_shared_folder(name: str) -> None:
    assert getattr(resources, f"{name}_dir")() == REPOSITORY / name


def test_an_installed_copy_finds_the_folder_it_carries(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "bng_opt"
    carried = package / "_shared" / "data"
    carried.mkdir(parents=True)
    assert resources._shared_dir("data", package) == carried


def test_a_stranger_s_folder_beside_an_installed_copy_is_not_taken(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "bng_opt"
    package.mkdir(parents=True)
    (tmp_path / "site-packages" / "data").mkdir()
    with pytest.raises(InputError, match=r"no folder of shared data.*Install it again"):
        resources._shared_dir("data", package)
