"""Recalculating a workbook in a real office program: LibreOffice Calc, without a screen.

Each run has a user profile of its own: two instances on one profile, or one file opened twice,
make LibreOffice hang. The profile tells it to calculate every formula when it loads a file;
left alone it believes stored results, and shows an edited file half stale.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bng_opt.errors import Finding, OfficeError

TIMEOUT_S = 300.0
"""A workbook that isn't calculated in this time won't be [s]; it takes 10 to 40."""
PROGRAMS = ("soffice", "libreoffice")
_FOLDERS = (
    Path("/Applications/LibreOffice.app/Contents/MacOS"),
    Path("C:/Program Files/LibreOffice/program"),
)
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
</oor:items>
"""
_INSTALL = "Install LibreOffice Calc (Debian, Ubuntu: apt install libreoffice-calc)."

_log = logging.getLogger(__name__)


def office_program() -> str | None:
    """Return the path of LibreOffice; None if it isn't installed."""
    folders = os.pathsep.join(map(str, _FOLDERS))
    found = (shutil.which(name) or shutil.which(name, path=folders) for name in PROGRAMS)
    return next((path for path in found if path), None)


def recalculated(workbooks: Sequence[bytes], *, timeout_s: float = TIMEOUT_S) -> list[bytes]:
    """Return workbooks as LibreOffice saves them after calculating every formula.

    Its own saving damages the official workbook (drop-downs, formats, drawings): read results
    from these files, and hand out others.

    Parameters
    ----------
    workbooks
        Contents of .xlsx or .xlsm files.
    timeout_s
        How long each may take [s].

    Raises
    ------
    OfficeError
        If LibreOffice isn't installed, fails, or takes too long.
    """
    if not workbooks:
        return []
    program = office_program()
    if program is None:
        raise OfficeError(Finding("LibreOffice isn't installed.", _INSTALL))
    with TemporaryDirectory(prefix="bng-opt-office-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        given, made = folder / "given", folder / "made"
        given.mkdir()
        profile = folder / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
        paths = [given / f"workbook_{number}.xlsx" for number in range(len(workbooks))]
        for path, content in zip(paths, workbooks, strict=True):
            path.write_bytes(content)
        said = _run(program, profile, paths, made, timeout_s * max(1, len(paths)))
        results = [made / path.name for path in paths]
        if lacking := [path.name for path in results if not path.is_file()]:
            files, reason = ", ".join(lacking), said or "no reason given"
            message = f"LibreOffice didn't calculate {files}: {reason}."
            raise OfficeError(Finding(message, "Open the file in LibreOffice to see what it says."))
        return [path.read_bytes() for path in results]


def _run(program: str, profile: Path, paths: Sequence[Path], made: Path, timeout_s: float) -> str:
    command = [
        program, "--headless", "--norestore", "--nolockcheck", "--nodefault",
        f"-env:UserInstallation={profile.as_uri()}",
        "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(made), *map(str, paths),
    ]  # fmt: skip
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        _, stderr = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        message = f"LibreOffice didn't end within {timeout_s:.0f} s."
        raise OfficeError(Finding(message, "Try again when the machine is less busy.")) from None
    finally:
        _end(process)
    said = " ".join(line for line in stderr.split("\n") if line and "javaldx" not in line)
    exit_code = process.returncode
    _log.info("LibreOffice calculated %s workbooks (exit %s) %s", len(paths), exit_code, said)
    return said.strip()


def _end(process: subprocess.Popen[str]) -> None:
    """End the program and all that it started: its launcher leaves the real one behind."""
    if process.poll() is None and hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
