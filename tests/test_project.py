"""The project itself: its folders, its dependencies, its import rules, its papers in step."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from importlinter.cli import lint_imports
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bng_opt
from bng_opt import resources
from bng_opt.errors import InputError
from tests.support.checkout import REPOSITORY, project_files

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]

FOLDERS = ("bng_opt", "notebooks", "reports", "data", "docs", "tests")
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


def test_the_extra_all_names_every_extra_but_those_of_development() -> None:
    extras = PROJECT["optional-dependencies"]
    (everything,) = [Requirement(text) for text in extras["all"]]
    assert everything.extras == set(extras) - {"all", "dev", "docs"}


def test_the_extra_dev_has_what_the_documentation_needs() -> None:
    extras = PROJECT["optional-dependencies"]
    assert bounds(extras["docs"]).items() <= bounds(extras["dev"]).items()


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
