"""What the code imports is what it says that it needs: nothing comes along by another package's grace."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Folders that run in production, and those that only `make run` and the suite have.
SERVED = ("accounts", "billing", "common", "config", "domain", "gateway", "gateway_admin", "marketplace")
EMBEDDED = ("config/embedded", "examples/upstream")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def _imported(folder: str) -> dict[str, str]:
    """Return the packages that the files below a folder import, each with a file that does. Lazy imports count."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [each.name for each in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            else:
                continue
            found |= {name.partition(".")[0]: str(path.relative_to(ROOT)) for name in names}
    return found


def _named(*groups: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for group in groups for line in project["optional-dependencies"][group])]
    return {_canonical(match[0]) for line in lines if (match := _NAME.match(line))}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _unnamed(imported: dict[str, str], named: set[str]) -> dict[str, str]:
    """Return the imports whose package nobody named."""
    of = packages_distributions()
    ours = {path.name for path in ROOT.iterdir() if path.is_dir()}
    return {
        name: file
        for name, file in imported.items()
        if name not in sys.stdlib_module_names
        and name not in ours
        and not named & {_canonical(each) for each in of.get(name, [])}
    }


def test_what_is_served_imports_what_the_project_depends_on():
    imported: dict[str, str] = {}
    for folder in SERVED:
        imported |= {name: file for name, file in _imported(folder).items() if not file.startswith(EMBEDDED)}
    assert _unnamed(imported, _named()) == {}


def test_what_runs_on_one_machine_imports_what_that_needs():
    imported = {name: file for folder in EMBEDDED for name, file in _imported(folder).items()}
    assert _unnamed(imported, _named("embedded")) == {}
