"""Reading finals back, in the order in which they became durable."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from gateway.spool import records, segments
from gateway.spool.records import Kind
from gateway.spool.segments import Position, Segment

_BLOCK_BYTES = 1024 * 1024


class Final(NamedTuple):
    """A finished call: its event id and its JSON."""

    event_id: str
    payload: bytes


#: Makes a final of such a pair, quicker than its own constructor: every call comes by.
final_of: Callable[[tuple[str, bytes]], Final] = partial(tuple.__new__, Final)


@dataclass(frozen=True, slots=True)
class Batch:
    """Finals, and the position after them, which confirms them all."""

    finals: list[Final]
    position: Position


def read(held: Mapping[int, Segment], start: Position, limit: int) -> Batch:
    """Return at most `limit` durable finals from `start` on. An empty batch may still move the position."""
    finals: list[Final] = []
    at = start
    for number in sorted(number for number in list(held) if number >= start.number):
        segment = held.get(number)
        if segment is None:
            continue
        if at.number < number:
            at = Position(number, segments.HEADER_BYTES)
        try:
            at = _read_segment(segment, at, finals, limit)
        except FileNotFoundError:
            if number in held:
                raise
            continue  # it was removed meanwhile, so it has nothing that is not confirmed
        if len(finals) >= limit or not segment.is_sealed:
            break
    return Batch(finals, at)


def _read_segment(segment: Segment, at: Position, finals: list[Final], limit: int) -> Position:
    offset, durable = at.offset, segment.durable_bytes
    if offset >= durable:  # all of it may be confirmed, and the file gone
        return at
    with segment.path.open("rb", buffering=0) as file:
        while offset < durable and len(finals) < limit:
            size = min(_BLOCK_BYTES, durable - offset)
            result = records.scan(os.pread(file.fileno(), size, offset), 0)
            for record in result.records:
                if record.kind is Kind.FINAL:
                    finals.append(Final(record.event_id, record.payload))
                    if len(finals) >= limit:
                        return Position(at.number, offset + record.end)
            is_last = offset + size == durable
            segment.is_damaged |= bool(result.damaged) or not result.records or (is_last and result.end != size)
            # what a block cuts in half is read again with the next one
            offset += size if is_last else result.end or size - records.MAX_RECORD
    return Position(at.number, offset)
