"""What upstreams say of usage, and what a meter makes of it."""

from __future__ import annotations

import json

from domain.metering import Meter

TOKENS = frozenset({"input_tokens", "output_tokens"})
REQUEST = json.dumps({"model": "m", "messages": [{"role": "user", "content": "x" * 391}]}).encode()


def sse(*events: object) -> bytes:
    return b"".join(b"data: " + (e if isinstance(e, bytes) else json.dumps(e).encode()) + b"\n\n" for e in events)


def said(text: str) -> dict[str, object]:
    return {"id": "c", "choices": [{"index": 0, "delta": {"content": text}}], "usage": None}


USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 30},
}
USAGE_EVENT = {"id": "c", "choices": [], "usage": USAGE}
STATED = {"input_tokens": 70, "cached_input_tokens": 30, "output_tokens": 20, "total_tokens": 120}


def used(*chunks: bytes, stream: bool = False, interrupted: bool = False, needed=TOKENS, seconds=None, **facts):
    meter = Meter(is_stream=stream, request_bytes=len(REQUEST), needed=needed, request=REQUEST, **facts)
    for chunk in chunks:
        meter.feed(chunk)
    return meter.finish(interrupted=interrupted, seconds=seconds)


def without_sizes(result):
    return {name: amount for name, amount in result.usage.items() if name not in {"bytes_in", "bytes_out", "count"}}
