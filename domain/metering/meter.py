"""Counting what an answer used while it passes by: whole answers and streams, in a bounded memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from domain.metering import shapes
from domain.metering.shapes import HostileUsage, Usage

#: Of an answer that is no stream, this much is kept for reading its usage.
KEPT_BYTES = 8 * 1024 * 1024
_EVENT_BYTES = 1024 * 1024
_BYTES_A_TOKEN = 4
_TEXT = re.compile(rb'"(?:content|text|arguments|thinking|partial_json)":\s*"((?:[^"\\]|\\.)*)')
_ITEM_METRICS = frozenset({"count", "images_generated"})
_TOKEN_METRICS = frozenset({"input_tokens", "output_tokens", "total_tokens", "cached_input_tokens"})


@dataclass(frozen=True, slots=True)
class Used:
    """What was used, in the metrics of the price language. flags: estimated, hostile_usage."""

    usage: dict[str, int]
    flags: tuple[str, ...] = ()


@dataclass(slots=True)
class Meter:
    """One answer. needed: the metrics that its price asks for; what else is missing is not estimated.

    hides_usage_event: the event that only tells the usage was asked for by us, and is kept from the client.
    """

    is_stream: bool
    request_bytes: int
    needed: frozenset[str]
    hides_usage_event: bool = False
    _kept: bytearray = field(default_factory=bytearray)
    _cut: bool = False
    _stated: Usage = field(default_factory=dict)
    _hostile: bool = False
    _received: int = 0
    _text: int = 0

    def feed(self, chunk: bytes) -> bytes:
        """Take the next piece of the answer and return what of it the client shall see."""
        self._received += len(chunk)
        if self.is_stream:
            return self._feed_stream(chunk)
        if len(self._kept) + len(chunk) <= KEPT_BYTES:
            self._kept += chunk
        else:
            self._cut = True
        return chunk

    def remainder(self) -> bytes:
        """Return what was kept back of an unfinished event, for the end of the answer."""
        rest = bytes(self._kept) if self.is_stream and self.hides_usage_event else b""
        if rest:
            self._kept.clear()
        return rest

    def so_far(self) -> Used:
        """Return what is known to be used by now."""
        return self._used(interrupted=True)

    def finish(self, *, interrupted: bool) -> Used:
        """Return what was used in all. What nobody stated is estimated from the bytes, and flagged."""
        if not self.is_stream and not self._cut:
            self._read(bytes(self._kept))
        return self._used(interrupted=interrupted)

    def _used(self, *, interrupted: bool) -> Used:
        usage: dict[str, int] = {"bytes_in": self.request_bytes, "bytes_out": self._received}
        usage.update(self._stated)
        flags = ["hostile_usage"] if self._hostile else []
        lacks_output = "output_tokens" not in self._stated or (interrupted and not self._stated["output_tokens"])
        if self.needed & _TOKEN_METRICS and (lacks_output or "input_tokens" not in self._stated):
            usage.setdefault("input_tokens", self.request_bytes // _BYTES_A_TOKEN + 1)
            if lacks_output:
                usage["output_tokens"] = (self._text if self.is_stream else self._received) // _BYTES_A_TOKEN
            flags.append("estimated")
        if self.needed & _ITEM_METRICS and "count" not in usage and self._received:
            usage["count"] = usage["images_generated"] = 1
            flags.append("estimated")
        return Used(usage, tuple(flags))

    # streams

    def _feed_stream(self, chunk: bytes) -> bytes:
        """Look at whole events. Those without usage cost one search in the bytes."""
        if not self.hides_usage_event:
            self._watch(chunk)
            return chunk
        self._kept += chunk
        end = max(self._kept.rfind(b"\n\n") + 2, self._kept.rfind(b"\r\n\r\n") + 4)
        if end < 4:
            return self._overflow()
        events, self._kept = bytes(self._kept[:end]), self._kept[end:]
        if b'"usage"' not in events:
            self._text += _text_bytes(events)
            return events
        gap = b"\r\n\r\n" if events.endswith(b"\r\n\r\n") else b"\n\n"
        return b"".join(event + gap for event in events.removesuffix(gap).split(gap) if not self._is_only_usage(event))

    def _overflow(self) -> bytes:
        if len(self._kept) <= _EVENT_BYTES:
            return b""
        whole = bytes(self._kept)
        self._kept.clear()
        return whole

    def _watch(self, chunk: bytes) -> None:
        self._kept += chunk
        end = self._kept.rfind(b"\n")
        if end < 0:
            if len(self._kept) > _EVENT_BYTES:
                self._kept.clear()
            return
        lines = bytes(self._kept[: end + 1])
        del self._kept[: end + 1]
        if b'"usage' in lines:
            for line in _data_lines(lines):
                if b'"usage' in line:
                    self._read(line)
        self._text += _text_bytes(lines)

    def _is_only_usage(self, event: bytes) -> bool:
        """Take in an event, and return whether usage is all that it tells."""
        only = False
        for line in _data_lines(event):
            if b'"usage"' in line and (answer := _object(line)) is not None:
                self._take(answer)
                only = answer.get("choices") == [] and isinstance(answer.get("usage"), dict)
        if not only:
            self._text += _text_bytes(event)
        return only

    # reading

    def _read(self, text: bytes) -> None:
        answer = _object(text)
        if answer is None:
            return
        self._take(answer)
        if (count := shapes.images(answer)) is not None:
            self._stated["count"] = self._stated["images_generated"] = count

    def _take(self, answer: dict[str, Any]) -> None:
        try:
            stated = shapes.read(answer)
        except HostileUsage:
            self._hostile = True
            return
        if stated:
            # a stream tells its input first and its output last; later figures replace earlier ones
            self._stated.update(stated)


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        answer = orjson.loads(text)
    except (orjson.JSONDecodeError, json.JSONDecodeError):
        return None
    return answer if isinstance(answer, dict) else None


def _data_lines(event: bytes) -> Iterable[bytes]:
    for line in event.splitlines():
        if line.startswith(b"data:"):
            yield line[5:].strip()


def _text_bytes(lines: bytes) -> int:
    """Return how many bytes of the answer's text some events carry."""
    return sum(match.end() - match.start(1) for match in _TEXT.finditer(lines))
