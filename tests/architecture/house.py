"""What the house's own files say: its sources, templates, and the variables that its settings read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FLOORS = ["config", "gateway_admin", "marketplace", "billing", "accounts", "common", "domain", "gateway"]
TEMPLATES = ROOT / "templates"
_READERS = frozenset({"text", "flag", "integer", "amount", "words", "numbers", "url"})


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable that a settings file reads. is_required: it has no default."""

    name: str
    file: str
    is_required: bool


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """Yield every Python file of the floors with its syntax tree."""
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            yield path, ast.parse(path.read_text())


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield every call in a tree."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def literal(node: ast.expr | None) -> str | None:
    """Return the text of a literal, None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def variables(*files: str) -> list[Variable]:
    """Return what `env.text(...)` and the other readers ask for in these files of config/."""
    found = []
    for file in files:
        for call in calls(ast.parse((ROOT / "config" / file).read_text())):
            reader = call.func
            if not isinstance(reader, ast.Attribute) or reader.attr not in _READERS:
                continue
            if isinstance(reader.value, ast.Name) and reader.value.id == "env" and (name := literal(call.args[0])):
                is_required = len(call.args) == 1 and reader.attr in {"text", "url"}
                found.append(Variable(name, file, is_required))
    return found


def documented_variables() -> set[str]:
    """Return the names in .env.example, those behind a # included."""
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def templates() -> dict[str, str]:
    """Return the content of every template by its name."""
    paths = (path for path in TEMPLATES.rglob("*") if path.is_file() and path.name != "README.md")
    return {path.relative_to(TEMPLATES).as_posix(): path.read_text() for path in paths}
