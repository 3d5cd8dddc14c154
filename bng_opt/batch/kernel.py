"""The kernel of a run: this Python with these settings, and nothing of the user's own profile."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bng_opt.settings import FILE_VARIABLE, PREFIX, Settings

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Kernels run side by side: each with as many threads as the machine has cores slows all."""

_LONGEST_FOLDER = 80
"""Systems take 104 characters or more for the name of a socket; ours adds up to 20."""


def own_kernel(work: Path, settings: Settings) -> type:
    """Return the class of kernels of this Python, whatever else is installed as ``python3``.

    Parameters
    ----------
    work
        A folder for what a kernel leaves behind.
    settings
        What the kernel is told of the settings: all single values but secrets.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="Python 3",
        language="python",
        # What follows a dollar sign would be replaced.
        env={name: text.replace("$", "$$") for name, text in environment(work, settings).items()},
    )

    class OwnKernel(AsyncKernelManager):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self.transport = _transport(work)
            self.connection_file = str(work / "kernel.json")

        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

    return OwnKernel


def environment(work: Path, settings: Settings) -> Mapping[str, str]:
    """Return what a kernel finds in its environment, besides what is there already.

    Parameters
    ----------
    work, settings
        As for :func:`own_kernel`.
    """
    return {
        **_of_settings(settings),
        # The settings are these and no others; a relative path would mean another file there.
        FILE_VARIABLE: "",
        "IPYTHONDIR": str(work / "ipython"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **{name: "1" for name in _THREADS if name not in os.environ},
    }


def _transport(work: Path) -> str:
    """Return how we talk to the kernel: by files that are ours alone, where the system can."""
    return "ipc" if os.name == "posix" and len(str(work)) < _LONGEST_FOLDER else "tcp"


def _of_settings(settings: Settings) -> Mapping[str, str]:
    plain = settings.model_dump(mode="json")
    found = {}
    for name, value in settings:
        if value is None or isinstance(value, SecretStr | list | tuple):
            continue
        text = plain[name] if isinstance(plain[name], str) else json.dumps(plain[name])
        if isinstance(value, Path) or (name == "database" and "://" not in text):
            text = str(Path(text).expanduser().absolute())
        found[PREFIX + name.upper()] = text
    return found
