"""Where the notebooks, reports and demonstration data are.

A checkout keeps them in its top folders; an installed copy carries them inside the
package. Callers ask here and need not know which of the two they run in.
"""

from __future__ import annotations

from pathlib import Path

from bng_opt.errors import Finding, InputError

_PACKAGE = Path(__file__).resolve().parent


def notebooks_dir() -> Path:
    """Return the folder of the tutorials and of the dashboard notebook.

    Raises
    ------
    InputError
        If this copy of the package came without it.

    Examples
    --------
    >>> notebooks_dir().name
    'notebooks'
    """
    return _shared_dir("notebooks")


def reports_dir() -> Path:
    """Return the folder of the parameterised report notebooks.

    Raises
    ------
    InputError
        If this copy of the package came without it.

    Examples
    --------
    >>> reports_dir().name
    'reports'
    """
    return _shared_dir("reports")


def data_dir() -> Path:
    """Return the folder of the demonstration metric and market.

    Raises
    ------
    InputError
        If this copy of the package came without it.

    Examples
    --------
    >>> data_dir().name
    'data'
    """
    return _shared_dir("data")


def _shared_dir(name: str, package: Path = _PACKAGE) -> Path:
    """Return the shared folder ``name`` of an installed copy, or else of a checkout."""
    installed = package / "_shared" / name
    if installed.is_dir():
        return installed
    checkout = package.parent
    # Without this check a stranger's site-packages/data would pass for ours.
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    raise InputError(
        Finding(
            message=f"This copy of bng_opt has no folder of shared {name}.",
            remedy="Install it again with pip from the built package or the checkout.",
            file=str(installed),
        )
    )
