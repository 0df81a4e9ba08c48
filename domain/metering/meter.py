"""Counting what an answer used while it passes by: whole answers and streams, in a bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from domain.metering import estimates, statements
from domain.metering.hiding import UsageEventFilter
from domain.metering.shapes import HostileUsage, Metrics, Statement

#: Kept of an answer: its beginning and its end. Usage stands in one of them, or in both.
_HEAD_BYTES = 8 * 1024
_STREAM_TAIL_BYTES = 16 * 1024
_BODY_TAIL_BYTES = 256 * 1024

_TOKEN_METRICS = frozenset(("input_tokens", "output_tokens", "total_tokens", "cached_input_tokens"))
_ITEM_METRICS = frozenset(("count", "images_generated"))
_CHARACTER_METRICS = frozenset(("characters", "one_character", "one_thousand_characters", "one_million_characters"))
#: What answers do not state beside their tokens.
_COUNTED = _ITEM_METRICS | _CHARACTER_METRICS


class Used(NamedTuple):
    """What was used, in the metrics of the price language. flags: estimated, hostile_usage."""

    usage: Mapping[str, int | Decimal]
    flags: tuple[str, ...] = ()


@dataclass(slots=True)
class _Sample:
    """The part of an answer that was kept, and what it states."""

    stated: Statement | None
    kept: bytes
    flags: tuple[str, ...] = ()
    _spoken: int | None = None

    def spoken_of(self, received: int, *, is_stream: bool) -> int:
        """Return about how many bytes of text an answer of `received` bytes holds, the rest taken to be like a part."""
        if self._spoken is None:
            if is_stream and received > len(self.kept):
                self.kept = self.kept[:_HEAD_BYTES]
            self._spoken = estimates.spoken_bytes(self.kept, is_stream=is_stream)
        return self._spoken * received // len(self.kept) if self.kept else 0


def used_by(
    answer: bytes, *, request_bytes: int, needed: frozenset[str], seconds: Decimal, request: bytes | None = None
) -> Used:
    """Return what a whole answer in one piece used, as `Meter` finds it when it is fed with nothing else.

    An answer that states its tokens, as nearly all do, is read and nothing more is made of it.
    """
    if answer and not needed & _COUNTED:
        try:
            stated = statements.in_body(answer, is_whole=True)
        except HostileUsage:
            stated = None
        if stated is not None and stated.is_final:
            usage: Metrics = {"bytes_in": request_bytes, "bytes_out": len(answer), "count": 1, "seconds": seconds}
            usage.update(stated.usage)
            if "input_tokens" in usage and "output_tokens" in usage:
                cached = usage.get("cached_input_tokens", 0)
                usage["total_tokens"] = usage["input_tokens"] + cached + usage["output_tokens"]
                return Used(usage)
    meter = Meter(is_stream=False, request_bytes=request_bytes, needed=needed, request=request)
    meter.feed(answer)
    return meter.finish(interrupted=False, seconds=seconds)


class Meter:
    """One answer. It is fed what the upstream sends and asked, at the end or before, what was used.

    needed: the metrics that the price asks for; tokens are not estimated for a price that has no use for them.
    hides_usage_event: the event that only states the usage was asked for by us, and is kept from the client.
    request: the body that was sent, read only when its tokens or characters must be estimated.
    """

    __slots__ = (
        "_beginning", "_filter", "_head", "_head_room", "_images", "_images_edge", "_needed", "_request",
        "_request_bytes", "_tail", "_tail_bytes", "_tail_room", "is_stream", "received",
    )  # fmt: skip

    def __init__(
        self,
        *,
        is_stream: bool,
        request_bytes: int,
        needed: frozenset[str],
        hides_usage_event: bool = False,
        request: bytes | None = None,
    ) -> None:
        self.is_stream = is_stream
        self.received = 0
        self._request_bytes = request_bytes
        self._request = request
        self._needed = needed
        self._filter = UsageEventFilter() if hides_usage_event and is_stream else None
        self._beginning: _Sample | None = None
        self._head: list[bytes] = []
        self._head_room = _HEAD_BYTES
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._tail_room = _STREAM_TAIL_BYTES if is_stream else _BODY_TAIL_BYTES
        # images are megabytes of base64 each: they are counted as they pass, not kept
        self._images: int | None = 0 if not is_stream and needed & _ITEM_METRICS else None
        self._images_edge = b""

    def feed(self, chunk: bytes) -> bytes:
        """Take the next piece of the answer and return what of it the client shall see."""
        size = len(chunk)
        self.received += size
        if self._head_room > 0:
            self._head.append(chunk[: self._head_room])
            self._head_room -= size
        tail = self._tail
        tail.append(chunk)
        self._tail_bytes += size
        while self._tail_bytes > self._tail_room and len(tail) > 1:
            self._tail_bytes -= len(tail.popleft())
        if self._images is not None:
            self._count_images(chunk)
        return chunk if self._filter is None else self._filter.feed(chunk)

    def remainder(self) -> bytes:
        """Return what was kept back of an unfinished event, for the end of the answer."""
        return b"" if self._filter is None else self._filter.remainder()

    def so_far(self, *, seconds: Decimal | None = None) -> Used:
        """Return what is known or estimated to be used by now, from the beginning of the answer."""
        sample = self._beginning
        if sample is None:
            sample = self._sample(b"".join(self._head), b"")
            if self._head_room <= 0:
                self._beginning = sample
        return self._used(sample, seconds, is_interrupted=True)

    def finish(self, *, interrupted: bool, seconds: Decimal | None = None) -> Used:
        """Return what was used in all. What nobody stated is estimated from the texts, and flagged.

        seconds: how long the call took, for prices by time; what the upstream states goes before it.
        """
        tail = self._tail
        # an answer in one piece is itself its beginning and its end
        last = tail[0] if len(tail) == 1 else b"".join(tail)
        sample = self._sample(b"".join(self._head), last)
        return self._used(sample, seconds, is_interrupted=interrupted)

    def _sample(self, head: bytes, tail: bytes) -> _Sample:
        before = self.received - len(tail)
        kept = head[:before] + tail if before and tail else tail or head
        try:
            stated = self._stated(head, tail)
        except HostileUsage:
            return _Sample(None, kept, ("hostile_usage",))
        return _Sample(stated, kept)

    def _stated(self, head: bytes, tail: bytes) -> Statement | None:
        if self.is_stream:
            return statements.in_stream(head, tail)
        if not tail:
            return None
        stated = statements.in_body(tail, is_whole=self.received == len(tail))
        if self._images and (stated is None or "count" not in stated.usage):
            counted: Metrics = {"count": self._images, "images_generated": self._images}
            return Statement({**counted, **stated.usage} if stated else counted)
        return stated

    def _used(self, sample: _Sample, seconds: Decimal | None, *, is_interrupted: bool) -> Used:
        usage: Metrics = {"bytes_in": self._request_bytes, "bytes_out": self.received}
        if self.received or not is_interrupted:
            usage["count"] = 1
        if seconds is not None:
            usage["seconds"] = seconds
        if sample.stated is not None:
            usage.update(sample.stated.usage)
        flags = sample.flags
        is_estimated = bool(self._needed & _TOKEN_METRICS) and self._estimate(usage, sample)
        if self._needed & _CHARACTER_METRICS and "count" in usage:
            usage["characters"] = estimates.given_characters(self._request) if self._request else self._request_bytes
            is_estimated = True
        if is_estimated:
            flags = (*flags, "estimated")
        if "input_tokens" in usage and "output_tokens" in usage:
            cached = usage.get("cached_input_tokens", 0)
            usage["total_tokens"] = usage["input_tokens"] + cached + usage["output_tokens"]
        return Used(usage, flags)

    def _estimate(self, usage: Metrics, sample: _Sample) -> bool:
        """Fill in the tokens that are missing. Return whether any were."""
        has_output = "output_tokens" in usage and sample.stated is not None and sample.stated.is_final
        if "total_tokens" in usage or (has_output and "input_tokens" in usage):
            return False
        if "input_tokens" not in usage:
            asked = self._request_bytes if self._request is None else estimates.asked_bytes(self._request)
            usage["input_tokens"] = estimates.tokens(asked)
        if not has_output:
            spoken = estimates.tokens(sample.spoken_of(self.received, is_stream=self.is_stream))
            usage["output_tokens"] = max(spoken, int(usage.get("output_tokens", 0)))
        return True

    def _count_images(self, chunk: bytes) -> None:
        mark = b'"b64_json"'
        text = self._images_edge + chunk
        assert self._images is not None
        self._images += text.count(mark)
        self._images_edge = text[-(len(mark) - 1) :]
