"""Environments of published packages that cannot live beside ours: made by `make test`, kept below the virtual one."""

from __future__ import annotations

import sys
from pathlib import Path

#: What `.ci/client-environments` makes of requirements/clients/<name>.txt.
HERE = Path(sys.prefix) / "clients"


def python(name: str) -> Path:
    """Return the interpreter of an environment."""
    found = HERE / name / "bin" / "python"
    if not found.exists():
        raise AssertionError(
            f"The environment {name!r} is missing: {found}. Run '.ci/client-environments' where the package index can "
            "be reached; `make test` does so by itself."
        )
    return found
