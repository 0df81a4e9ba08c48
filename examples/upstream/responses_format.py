"""OpenAI's newer wire format: responses, streamed and not."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

from examples.upstream import tokens
from examples.upstream.http import Answer, BadCall, Call, json_answer

_CREATED = 1_767_225_600


def responses(call: Call) -> Answer:
    """Answer /responses; the input is a text or a list of messages."""
    asked = call.json()
    texts = _texts(asked.get("input"))
    limit = asked.get("max_output_tokens")
    words, cut = tokens.reply(texts[-1], limit if isinstance(limit, int) and limit > 0 else None)
    used = sum(map(tokens.count, [*texts, str(asked.get("instructions") or "")]))
    usage = {"input_tokens": used, "output_tokens": len(words), "total_tokens": used + len(words)}
    response = _response(call, asked, words, usage, cut=cut)
    if asked.get("stream"):
        return Answer(content_type="text/event-stream", stream=_stream(response, words), usage=usage)
    return json_answer(response, usage=usage)


def _texts(given: object) -> list[str]:
    """Return the texts of the messages, the last of which is answered."""
    if isinstance(given, str):
        return [given]
    if isinstance(given, list) and given and all(isinstance(one, dict) for one in given):
        return [tokens.text_of(one.get("content")) for one in given]
    raise BadCall(400, "input must be a text or a list of messages.")


def _response(
    call: Call, asked: dict[str, Any], words: list[str], usage: dict[str, int], *, cut: bool
) -> dict[str, Any]:
    identity = hashlib.sha256(call.body).hexdigest()[:24]
    text = {"type": "output_text", "text": " ".join(words), "annotations": []}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    status = "incomplete" if cut else "completed"
    message = {"id": f"msg_{identity}", "type": "message", "role": "assistant", "status": status, "content": [text]}
    return {
        "id": f"resp_{identity}",
        "object": "response",
        "created_at": _CREATED,
        "status": status,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "error": None,
        "instructions": asked.get("instructions"),
        "metadata": {},
        "model": str(asked.get("model", "")),
        "output": [message],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": {**usage, **details},
    }


async def _stream(response: dict[str, Any], words: list[str]) -> AsyncIterator[bytes]:
    """Yield the events of a streamed response; the usage is in the last one."""
    item = response["output"][0]
    opened = {**response, "status": "in_progress", "incomplete_details": None, "output": [], "usage": None}
    where = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    empty = {"type": "output_text", "text": "", "annotations": []}
    started = {**item, "status": "in_progress", "content": []}
    events: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": opened}),
        ("response.output_item.added", {"output_index": 0, "item": started}),
        ("response.content_part.added", {**where, "part": empty}),
    ]
    events += [
        ("response.output_text.delta", {**where, "delta": piece, "logprobs": []}) for piece in tokens.pieces(words)
    ]
    events += [
        ("response.output_text.done", {**where, "text": " ".join(words), "logprobs": []}),
        ("response.content_part.done", {**where, "part": item["content"][0]}),
        ("response.output_item.done", {"output_index": 0, "item": item}),
        (f"response.{response['status']}", {"response": response}),
    ]
    for number, (kind, value) in enumerate(events):
        line = json.dumps({"type": kind, "sequence_number": number, **value})
        yield f"event: {kind}\ndata: {line}\n\n".encode()
        await asyncio.sleep(0)
