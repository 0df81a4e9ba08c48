"""Bodies of scheduled calls, filled in for each run.

`{{ run.due_at }}`, `{{ schedule.name }}`, `{{ previous.body.items.0.id }}`: dotted names as in the steps of chains, and
nothing else. `run` has id, due_at, date and time in the schedule's zone, and unix; `schedule` has
id, name and timezone; `previous` has status, body and due_at of the last run that was answered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain import json_texts
from domain.routing import step_templates

ROOTS = ("run", "schedule", "previous")
#: A request that is kept must fit a row.
LIMIT_BYTES = 256 * 1024
#: Of the answer before this one, so much can be read.
_READ_BYTES = 64 * 1024


def check(template: Any) -> None:
    """Raise BadTemplate unless a template can be filled in."""
    step_templates.check(template, ROOTS)
    if len(json.dumps(template)) > LIMIT_BYTES:
        raise step_templates.BadTemplate(f"A body has at most {LIMIT_BYTES // 1024} KiB.")


def reads_previous(template: Any) -> bool:
    """Return whether a template reads the answer of the run before."""
    return "{{" in (text := json.dumps(template)) and "previous" in text


def render(template: Any, values: Mapping[str, Any]) -> bytes:
    """Return the body as JSON. Raises MissingValue."""
    return json.dumps(step_templates.render(template, values), ensure_ascii=False).encode()


def run_values(run_id: str, due_at: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Return what `run` stands for."""
    here = due_at.astimezone(zone)
    return {
        "id": run_id,
        "due_at": here.isoformat(timespec="seconds"),
        "date": f"{here:%Y-%m-%d}",
        "time": f"{here:%H:%M}",
        "unix": int(due_at.timestamp()),
    }


def previous_values(status: int, body: bytes, due_at: datetime) -> dict[str, Any]:
    """Return what `previous` stands for: the body as JSON, or as text when it is none that can be sent."""
    text = body[:_READ_BYTES].decode("utf-8", "replace")
    try:
        read: Any = json_texts.read(text)
    except ValueError:
        read = text
    return {"status": status, "body": read, "due_at": due_at.isoformat(timespec="seconds")}
