"""The checkout: its folder and the files that git keeps of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


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


def files_under(folder: Path, pattern: str = "**/*") -> set[str]:
    """Return the kept files of a folder, relative to the checkout."""
    kept = {path for path in project_files() if folder in path.parents}
    return {str(path.relative_to(REPOSITORY)) for path in kept & set(folder.glob(pattern))}
