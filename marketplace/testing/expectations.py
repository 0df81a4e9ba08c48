"""What an answer is expected to be. A request template says it in its `meta`: {"response": {"status", "json"}}."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: An upstream that answers so took the call for what it is, when nobody said what to expect.
_REFUSALS = frozenset({401, 403, 407})
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Expected:
    """statuses: those that pass; empty for any that is no refusal and no failure. json: what the answer holds.

    has_json: whether it says anything of JSON.
    """

    statuses: frozenset[int] = frozenset()
    has_json: bool = False
    json: Any = None


def expected(meta: Mapping[str, Any], *, is_told: bool) -> Expected:
    """Return what a document expects. is_told: its request is the seller's own, so that 2xx is the least."""
    told = meta.get("response")
    told = told if isinstance(told, Mapping) else {}
    status = told.get("status")
    listed = status if isinstance(status, list) else [status]
    statuses = frozenset(each for each in listed if isinstance(each, int) and not isinstance(each, bool))
    if not statuses and is_told:
        statuses = frozenset(range(200, 300))
    return Expected(statuses, "json" in told, told.get("json"))


def status_problem(wanted: Expected, status: int) -> str:
    """Return what is wrong with a status, or ""."""
    if wanted.statuses:
        return "" if status in wanted.statuses else f"status {status} instead of {_statuses(wanted.statuses)}"
    return f"status {status}" if status in _REFUSALS or status >= 500 or 300 <= status < 400 else ""


def body_problem(wanted: Expected, body: str) -> str:
    """Return what the JSON of an answer lacks, or ""."""
    if not wanted.has_json:
        return ""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return "the answer is not JSON"
    return difference(wanted.json, found)


def difference(wanted: Any, found: Any, path: str = "") -> str:
    """Return the first place at which `found` does not hold `wanted`, or "".

    Objects may have more members and lists more entries; null stands for any value.
    """
    if wanted is None:
        return ""
    where = path or "the answer"
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return f"{where} is no object"
        for name, value in wanted.items():
            below = f"{path}.{name}" if path else str(name)
            if name not in found:
                return f"{below} is missing"
            if problem := difference(value, found[name], below):
                return problem
        return ""
    if isinstance(wanted, list):
        if not isinstance(found, list) or len(found) < len(wanted):
            return f"{where} is no list of at least {len(wanted)}"
        pairs = ((f"{path}[{index}]", each) for index, each in enumerate(wanted))
        return next((told for below, each in pairs if (told := difference(each, _at(found, below), below))), "")
    if type(wanted) is not type(found) or wanted != found:
        return f"{where} is {_shown(found)} instead of {_shown(wanted)}"
    return ""


def _at(found: list[Any], path: str) -> Any:
    return found[int(path.rpartition("[")[2][:-1])]


def _statuses(statuses: frozenset[int]) -> str:
    if statuses == frozenset(range(200, 300)):
        return "2xx"
    return " or ".join(str(status) for status in sorted(statuses))


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
