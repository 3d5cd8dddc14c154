"""The files of a deployment: well formed, in step with the program and with each other."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bng_opt.cli import run
from bng_opt.schedule_settings import ScheduleSettings
from bng_opt.settings import PREFIX, Settings
from bng_opt.settings_listing import OTHER_VARIABLES

REPOSITORY = Path(__file__).resolve().parents[2]
DEPLOY = REPOSITORY / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
OURS = [name for name, each in SERVICES.items() if str(each["image"]).startswith("${BNG_OPT_")]
ENVIRONMENT = {**COMPOSE["x-program"]["environment"], **SERVICES["app"]["environment"]}


def checked(*words: str) -> None:
    """Run a program of this environment or of the system; it has to find nothing."""
    beside = Path(sys.executable).with_name(words[0])
    program = str(beside) if beside.exists() else shutil.which(words[0])
    if program is None:
        pytest.skip(f"{words[0]} isn't installed")
    done = subprocess.run([program, *words[1:]], capture_output=True, text=True, cwd=REPOSITORY)
    assert done.returncode == 0, done.stdout + done.stderr


def commands() -> list[list[str]]:
    """Return what containers run and are asked by, one list of words each."""
    found = [list(each["command"]) for name, each in SERVICES.items() if name in OURS]
    for name in OURS:
        test = SERVICES[name]["healthcheck"].get("test")
        found += [test[1:]] if test else []
    split = [" ".join(words[2:]).split(" && ") if words[0] == "sh" else [words] for words in found]
    return [each.split() if isinstance(each, str) else each for group in split for each in group]


def test_compose_is_as_its_specification_says() -> None:
    checked("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml")


def test_the_dockerfile_has_no_faults() -> None:
    checked("hadolint", "--failure-threshold", "info", "deploy/Dockerfile")


def test_the_proxy_understands_its_file() -> None:
    checked("caddy", "validate", "--config", "deploy/Caddyfile", "--adapter", "caddyfile")


@pytest.mark.parametrize("script", ["deploy/up_local", "deploy/postgres/users.sh"])
def test_a_script_is_no_nonsense_to_bash(script: str) -> None:
    checked("bash", "-n", script)


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_is_there(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    program, *rest = words
    if program == "dask":
        assert rest[0] in ("scheduler", "worker")
        return
    assert program == "bng-opt"
    group = rest[: 2 if rest[0] in ("db", "schedule") else 1]
    assert run([*group, "--help"]) == 0
    assert capsys.readouterr().out


def test_every_container_of_ours_has_a_check_of_its_own_or_ends_by_itself() -> None:
    for name in OURS:
        check = SERVICES[name]["healthcheck"]
        assert check.get("disable") == (True if name == "migrate" else None)
        assert ("test" in check) == (name != "migrate")


def test_nothing_of_ours_runs_with_more_than_it_needs() -> None:
    for name in OURS:
        service = SERVICES[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "ports" not in service
    assert re.findall(r"^USER (.*)", DOCKERFILE, flags=re.MULTILINE) == ["10001:10001"]


def test_every_image_is_pinned() -> None:
    images = [str(each["image"]) for name, each in SERVICES.items() if name not in OURS]
    assert all(re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?-\w+", image) for image in images), images
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.\d+\.\d+-\S+@sha256:[0-9a-f]{64}$", DOCKERFILE,
                     flags=re.MULTILINE)  # fmt: skip


def test_every_variable_of_ours_is_known() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | set(OTHER_VARIABLES)
    given = {name for name in ENVIRONMENT if name.startswith(PREFIX)}
    given |= set(re.findall(rf"\b({PREFIX}[A-Z_]+)=", DOCKERFILE))
    given |= set(re.findall(rf"\b({PREFIX}[A-Z_]+)=", (DEPLOY / "up_local").read_text("utf-8")))
    assert given - known == set()


def test_every_variable_of_compose_is_explained() -> None:
    wanted = set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yaml").read_text("utf-8")))
    explained = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / ".env.example").read_text("utf-8"),
                               flags=re.MULTILINE))  # fmt: skip
    # Those that make states by itself.
    assert wanted - {"REVISION", "VERSION"} == explained


def test_every_secret_is_made_once_and_for_few_eyes(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    words = [sys.executable, DEPLOY / "make_secrets.py", folder]
    subprocess.run(words, check=True, capture_output=True)
    made = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    assert folder.stat().st_mode & 0o777 == 0o700
    subprocess.run(words, check=True, capture_output=True)
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == made


def test_no_secret_stands_in_an_environment() -> None:
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert not re.search(r"(PASSWORD|TOKEN|DATABASE): ", text)


def test_the_settings_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNG_OPT_SETTINGS", str(DEPLOY / "bng_opt.toml"))
    assert all(isinstance(each, ScheduleSettings) for each in Settings().schedule)
    assert run(["schedule", "list"]) == 0


def test_the_pinned_versions_are_those_that_the_project_allows() -> None:
    import tomllib

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    (everything,) = map(Requirement, extras["all"])
    wanted = [
        *project["dependencies"],
        *(each for name in everything.extras for each in extras[name]),
    ]
    lines = (DEPLOY / "constraints.txt").read_text("utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    for requirement in map(Requirement, wanted):
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), requirement
