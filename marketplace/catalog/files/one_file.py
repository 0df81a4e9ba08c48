"""Files that stand alone: a seller's profile, a service group, a promotion."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.catalog.files.problems import Findings, JsonObject, Problem, in_order, shown


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What a file says in its current form, and what is wrong with it."""

    content: JsonObject
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    @property
    def is_valid(self) -> bool:
        """Return whether the file can be stored."""
        return not self.problems


def checked(content: JsonObject, found: Findings) -> CheckedFile:
    """Return the content with the findings, sorted."""
    told = in_order(found.problems)
    errors = tuple(problem for problem in told if problem.severity == "error")
    return CheckedFile(content, errors, tuple(problem for problem in told if problem.severity == "warning"))


def without_schema(content: JsonObject, expected: str, found: Findings) -> JsonObject:
    """Return the content without nulls and without its `schema` key, which may only say what is expected."""
    schema = content.get("schema")
    if schema is not None and schema != expected:
        found.at("schema").error(f"must be '{expected}' here (got {shown(schema)})", "Leave it out", type="schema")
    return {key: value for key, value in content.items() if key != "schema" and value is not None}
