"""Anthropic's wire format: messages, streamed and not, and the count of their tokens."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

from examples.upstream import tokens
from examples.upstream.http import Answer, BadCall, Call, json_answer, pause


def messages(call: Call) -> Answer:
    """Answer /v1/messages. `delay_ms` in the body slows a stream down, a piece at a time."""
    asked = call.json()
    if "anthropic-version" not in call.headers:
        raise BadCall(400, "anthropic-version: header is required")
    if not isinstance(asked.get("max_tokens"), int) or asked["max_tokens"] < 1:
        raise BadCall(400, "max_tokens: field required")
    words, cut = tokens.reply(_last_user_text(asked), asked["max_tokens"])
    usage = {**_input_usage(asked), "output_tokens": len(words)}
    message = {
        "id": f"msg_{hashlib.sha256(call.body).hexdigest()[:24]}",
        "type": "message",
        "role": "assistant",
        "model": str(asked.get("model", "")),
        "content": [{"type": "text", "text": " ".join(words)}],
        "stop_reason": "max_tokens" if cut else "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }
    if asked.get("stream"):
        stream = _stream(message, words, pause(asked))
        return Answer(content_type="text/event-stream", stream=stream, usage=usage)
    return json_answer(message, usage=usage)


def count_tokens(call: Call) -> Answer:
    """Answer /v1/messages/count_tokens, which costs nothing."""
    used = _input_usage(call.json())
    return json_answer({"input_tokens": used["input_tokens"] + used["cache_read_input_tokens"]})


def _parts(asked: dict[str, Any]) -> list[object]:
    """Return every piece of content: the system text and the messages, blocks one by one."""
    contents = [asked.get("system", ""), *(one.get("content") for one in _conversation(asked))]
    return [part for content in contents for part in (content if isinstance(content, list) else [content])]


def _input_usage(asked: dict[str, Any]) -> dict[str, int]:
    """Count as `tokens` says; tokens read from the cache stand beside the input's, as Anthropic reports them."""
    fresh = cached = 0
    for part in _parts(asked):
        words = tokens.count(tokens.text_of([part] if isinstance(part, dict) else part))
        if isinstance(part, dict) and part.get("cache_control"):
            cached += words
        else:
            fresh += words
    return {"input_tokens": fresh, "cache_creation_input_tokens": 0, "cache_read_input_tokens": cached}


def _conversation(asked: dict[str, Any]) -> list[dict[str, Any]]:
    conversation = asked.get("messages")
    if not isinstance(conversation, list) or not conversation or not all(isinstance(one, dict) for one in conversation):
        raise BadCall(400, "messages: at least one message is required")
    return conversation


def _last_user_text(asked: dict[str, Any]) -> str:
    users = (one for one in reversed(_conversation(asked)) if one.get("role") == "user")
    return next((tokens.text_of(one.get("content")) for one in users), "")


async def _stream(message: dict[str, Any], words: list[str], delay: float) -> AsyncIterator[bytes]:
    """Yield the events of a streamed message; the input's usage comes first, the output's at the end."""
    usage = {**message["usage"], "output_tokens": 1}
    opened = {**message, "content": [], "stop_reason": None, "usage": usage}
    yield _event("message_start", {"message": opened})
    yield _event("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}})
    yield _event("ping", {})
    for piece in tokens.pieces(words):
        yield _event("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": piece}})
        await asyncio.sleep(delay)
    yield _event("content_block_stop", {"index": 0})
    ended = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield _event("message_delta", {"delta": ended, "usage": {"output_tokens": message["usage"]["output_tokens"]}})
    yield _event("message_stop", {})


def _event(kind: str, value: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **value})}\n\n".encode()
