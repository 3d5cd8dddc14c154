"""Make the secrets of a deployment that aren't there yet: passwords that nobody has to know."""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o444
"""Users of containers have other numbers: they may read the files, the folder lets nobody in."""


def main() -> None:
    """Make what is missing, and say so; what is there stays as it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where they are kept")
    parser.add_argument("--server", default="postgres:5432", help="HOST:PORT of PostgreSQL")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    given.folder.chmod(FOLDER_MODE)
    contents = {
        "postgres_password": secrets.token_hex(32),
        "database_owner": f"postgresql://bng_owner:{secrets.token_hex(32)}@{given.server}/bng",
        "bng_opt_database": f"postgresql://bng:{secrets.token_hex(32)}@{given.server}/bng",
    }
    for name, content in contents.items():
        path = given.folder / name
        if path.exists():
            continue
        path.write_text(content, encoding="utf-8")
        path.chmod(FILE_MODE)
        sys.stderr.write(f"Made the secret {path}\n")


if __name__ == "__main__":
    main()
