"""The command ``bng-opt``: the way in. The commands are in :mod:`bng_opt.cli.app`.

``bng-opt --help`` is answered before anything is loaded that needs time.
"""

from __future__ import annotations

import sys

# Type checkers know the name; to import it from typing takes as long as Python's own start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> None:
    """Run the command line and leave with its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal without the pound sign gets a question mark, not a traceback.
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status.

    Parameters
    ----------
    arguments
        What follows ``bng-opt``.
    """
    if list(arguments) == ["--help"]:
        from bng_opt.cli.help_text import HELP

        sys.stdout.write(HELP)
        return 0
    from bng_opt.cli.app import run_command

    return run_command(arguments)
