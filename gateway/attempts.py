"""The usage event of one attempt while it is made: what is known beforehand becomes text once, the rest when it ends.

The same JSON as `domain.usage.UsageEvent` writes, at a fifth of its cost: a call writes an event at least twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from domain.usage import Outcome

Metrics = Mapping[str, int | Decimal]

_INTENT = (
    ',"usage":{{}},"status":0,"outcome":"interrupted","flags":["unfinished"],"finished_at":"{}","response_bytes":0,'
    '"latency_ms":0,"ttfb_ms":null}}'
)
#: The second and the millisecond that were written last, and their texts: the events of the same time share them.
_second: tuple[int, str] = (-1, "")
_millisecond: tuple[int, str] = (-1, "")
_begun: tuple[int, bytes] = (-1, b"")


@dataclass(slots=True)
class AttemptEvent:
    """What an attempt used by now. beginning: the JSON object of what was known beforehand, without its last brace.

    finished_ms: since 1970.
    """

    beginning: bytes
    hold: Decimal
    channel: str | None
    usage: Metrics
    status: int
    outcome: Outcome
    flags: tuple[str, ...]
    finished_ms: int
    response_bytes: int
    latency_ms: float
    ttfb_ms: float | None
    upstream_ms: float | None = None

    @property
    def is_billable(self) -> bool:
        """Return whether the call was answered, wholly or in part, and not with an error."""
        return self.outcome in ("completed", "interrupted") and 0 < self.status < 400

    def to_bytes(self) -> bytes:
        """Return the event as JSON text."""
        rest = {
            "usage": self.usage,
            "status": self.status,
            "outcome": self.outcome,
            "flags": self.flags,
            "finished_at": moment(self.finished_ms),
            "response_bytes": self.response_bytes,
            "latency_ms": self.latency_ms,
            "ttfb_ms": self.ttfb_ms,
            "upstream_ms": self.upstream_ms,
        }
        return b"%b,%b" % (self.beginning, orjson.dumps(rest, default=str)[1:])


def fixed(**known: Any) -> bytes:
    """Return what is the same for every call of a plan, as members of a JSON object. known: fields of a usage event."""
    # PostgreSQL cannot read the zero character in JSON text; clients can write it
    return orjson.dumps(known)[1:-1].replace(b"\\u0000", b"\\ufffd")


def beginning(
    fixed_members: bytes,
    *,
    event_id: str,
    wallet_id: str,
    lease_id: str | None,
    hold: Decimal,
    request_bytes: int,
    started_ms: int,
) -> bytes:
    """Return what is known of an attempt before it is made, as the beginning of a JSON object.

    The ids come first, in this order: the inbox finds them at their places, without reading the rest.
    """
    lease = "null" if lease_id is None else f'"{lease_id}"'
    known = (
        f'{{"event_id":"{event_id}","wallet_id":"{wallet_id}","lease_id":{lease},"hold":"{hold}"'
        f',"request_bytes":{request_bytes}'
        f',"started_at":"{moment(started_ms)}",'  # ids, digits: no escapes
    )
    return known.encode() + fixed_members


def just_begun(started_ms: int) -> bytes:
    """Return the end of an event whose attempt has just begun: what is charged when nothing more is heard of it."""
    global _begun
    known, ending = _begun
    if known != started_ms:
        ending = _INTENT.format(moment(started_ms)).encode()
        _begun = (started_ms, ending)
    return ending


def moment(milliseconds: int) -> str:
    """Return a time as ISO 8601 writes it."""
    global _second, _millisecond
    known, text = _millisecond
    if known == milliseconds:
        return text
    second, rest = divmod(milliseconds, 1000)
    known, text = _second
    if known != second:
        text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        _second = (second, text)
    text = f"{text}.{rest:03d}+00:00"
    _millisecond = (milliseconds, text)
    return text
