"""Whether an answer is as it was expected: its status, and what its body says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from domain import json_texts

Match = Literal["contains", "equals", "json"]
_ONE = re.compile(r"([1-5])xx|([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?")
#: What is expected when nobody says so.
SUCCESS = "2xx"


class BadExpectation(ValueError):
    """Not an expectation. field: "expected_status" or "expected_body"."""

    def __init__(self, field: str, message: str) -> None:
        self.field, self.message = field, message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked of an answer. expected, got: for people, cut."""

    what: str
    ok: bool
    expected: str
    got: str

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {"what": self.what, "ok": self.ok, "expected": self.expected, "got": self.got}


def check_expectations(status: str, body: str, match: Match) -> None:
    """Raise BadExpectation for what no answer could be held against."""
    for part in _parts(status):
        found = _ONE.fullmatch(part)
        if not found or (found[3] and found[3] < found[2]):
            message = f"{part[:20]!r} is no status. Write 200, 2xx, 200-204 or several with commas."
            raise BadExpectation("expected_status", message)
    if match == "json" and body:
        try:
            json_texts.read(body)
        except ValueError as error:
            raise BadExpectation("expected_body", f"This is not JSON: {error}. Mend it, or expect a text.") from error


def checks(
    *, status: int, body: bytes, is_whole: bool, expected_status: str, expected_body: str, match: Match
) -> list[Check]:
    """Return what was checked. is_whole: whether `body` is all of the answer."""
    wanted = expected_status or SUCCESS
    found = [Check("status", is_status(status, wanted), wanted, str(status))]
    if expected_body:
        text = body.decode("utf-8", "replace")
        ok = _fits(text, expected_body, match) and (is_whole or match == "contains")
        found.append(Check(f"body {match}", ok, expected_body[:500], text[:500].replace("\0", "\ufffd")))
    return found


def is_status(status: int, wanted: str) -> bool:
    """Return whether a status is one of "200, 3xx, 400-404"."""
    for part in _parts(wanted):
        found = _ONE.fullmatch(part)
        if found is None:
            continue
        if found[1]:
            if status // 100 == int(found[1]):
                return True
        elif int(found[2]) <= status <= int(found[3] or found[2]):
            return True
    return False


def _parts(status: str) -> list[str]:
    return [part.strip() for part in status.lower().split(",") if part.strip()]


def _fits(text: str, expected: str, match: Match) -> bool:
    if match == "contains":
        return expected in text
    if match == "equals":
        return text.strip() == expected.strip()
    try:
        return _holds(json_texts.read(text), json_texts.read(expected))
    except ValueError:
        return False


def _holds(value: Any, expected: Any) -> bool:
    """Return whether JSON has all that is expected of it: further members may be there, lists are as long."""
    if isinstance(expected, Mapping):
        return isinstance(value, Mapping) and all(
            name in value and _holds(value[name], each) for name, each in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(value, list)
            and len(value) == len(expected)
            and all(_holds(mine, its) for mine, its in zip(value, expected, strict=True))
        )
    return type(value) is type(expected) and bool(value == expected)
