"""What a start makes of the segments that the last run left behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from gateway.spool import records, segments
from gateway.spool.records import Kind, Record
from gateway.spool.segments import Segment


@dataclass(slots=True)
class Recovery:
    """What was found. finals: waiting to be shipped again; interrupted: calls that a crash cut off, closed from their
    last checkpoint; torn_bytes: of records that were never acknowledged; quarantined: segments renamed `.bad`."""

    finals: int = 0
    interrupted: list[str] = field(default_factory=list)
    torn_bytes: int = 0
    quarantined: list[Path] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """The sound segments, what has to be written anew before anything else, and the damaged segments to set aside."""

    sound: list[Segment]
    rewritten: list[bytes]
    damaged: list[Path]
    report: Recovery


def read(folder: Path) -> Found:
    """Read every segment. Nothing is changed on disk: a crash while recovering changes nothing.

    A final in a damaged segment is written anew, and so is one for each call that has none: from its last checkpoint.
    """
    found = Found([], [], [], Recovery())
    unfinished: dict[str, Record] = {}
    for number, path in segments.listed(folder):
        buffer = path.read_bytes()
        result = records.scan(buffer, segments.HEADER_BYTES)
        is_damaged = bool(result.damaged) or (bool(result.records) and not segments.is_sound_header(buffer))
        found.report.torn_bytes += max(len(buffer.rstrip(b"\0")) - result.end, 0)
        if is_damaged:
            found.damaged.append(path)
        else:
            found.sound.append(Segment(number, path, result.end, is_sealed=True))
        _take(result.records, unfinished, found, is_damaged=is_damaged)
    for event_id, record in unfinished.items():
        found.rewritten.append(records.encode(Kind.FINAL, event_id, interrupted(record.payload)))
        found.report.interrupted.append(event_id)
    found.report.finals += len(unfinished)
    return found


def interrupted(payload: bytes) -> bytes:
    """Return the payload of the last checkpoint as that of a final: interrupted, and flagged as recovered."""
    try:
        event = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return payload  # not ours to read; the inbox will set it aside
    if not isinstance(event, dict):
        return payload
    flags = [flag for flag in event.get("flags") or [] if flag != "recovered"]
    return orjson.dumps({**event, "outcome": "interrupted", "flags": [*flags, "recovered"]})


def _take(read_back: Iterable[Record], unfinished: dict[str, Record], found: Found, *, is_damaged: bool) -> None:
    for record in read_back:
        if record.kind is Kind.FINAL:
            unfinished.pop(record.event_id, None)
            found.report.finals += 1
            if is_damaged:
                found.rewritten.append(records.encode(Kind.FINAL, record.event_id, record.payload))
        else:
            unfinished[record.event_id] = record
