"""OpenAI's wire format: chat completions, embeddings, pictures, the list of models."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import struct
import zlib
from collections.abc import AsyncIterator
from typing import Any

from examples.upstream import tokens
from examples.upstream.http import Answer, BadCall, Call, json_answer, pause

_CREATED = 1_767_225_600  # 2026-01-01, so that equal questions have equal answers
_EMBEDDING_SIZE = 8
_MODELS = ["aurora-large", "aurora-mini", "delta-2", "meridian-embed", "prism-1", "fable-1"]


def models(call: Call) -> Answer:
    """List the models, in OpenAI's shape."""
    rows = [{"id": name, "object": "model", "created": _CREATED, "owned_by": call.account} for name in _MODELS]
    return json_answer({"object": "list", "data": rows})


def chat(call: Call) -> Answer:
    """Answer /chat/completions. `delay_ms` in the body slows a stream down, a piece at a time."""
    asked = call.json()
    messages, model = _messages(asked), str(asked.get("model", ""))
    limit = _limit(asked.get("max_completion_tokens", asked.get("max_tokens")))
    words, cut = tokens.reply(_last_user_text(messages), limit)
    usage = _usage(asked, messages, words)
    finish = "length" if cut else "stop"
    head = {"id": _identity("chatcmpl", call.body), "created": _CREATED, "model": model}
    if asked.get("stream"):
        wants_usage = bool((asked.get("stream_options") or {}).get("include_usage"))
        stream = _chat_stream(head, words, finish, usage if wants_usage else None, pause(asked))
        return Answer(content_type="text/event-stream", stream=stream, usage=_flat(usage))
    message = {"role": "assistant", "content": " ".join(words), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    answer = {**head, "object": "chat.completion", "choices": [choice], "usage": usage}
    return json_answer(answer, usage=_flat(usage))


def embeddings(call: Call) -> Answer:
    """Answer /embeddings: eight numbers a text, made from its digest, as numbers or base64."""
    asked = call.json()
    given = asked.get("input", "")
    texts = [given] if isinstance(given, str) else [str(text) for text in given]
    as_base64 = asked.get("encoding_format") == "base64"
    rows = [
        {"object": "embedding", "index": index, "embedding": _embedding(text, as_base64=as_base64)}
        for index, text in enumerate(texts)
    ]
    used = sum(tokens.count(text) for text in texts)
    usage = {"prompt_tokens": used, "total_tokens": used}
    answer = {"object": "list", "data": rows, "model": asked.get("model", ""), "usage": usage}
    return json_answer(answer, usage=usage)


def images(call: Call) -> Answer:
    """Answer /images/generations: `n` pictures (1 to 10) of one colour, which the prompt decides."""
    asked = call.json()
    wanted = asked.get("n") or 1
    if not isinstance(wanted, int) or not 1 <= wanted <= 10:
        raise BadCall(400, "n must be a whole number from 1 to 10.")
    picture = base64.b64encode(_picture(hashlib.sha256(call.body).digest()[:3])).decode()
    rows = [{"b64_json": picture, "revised_prompt": str(asked.get("prompt", ""))}] * wanted
    return json_answer({"created": _CREATED, "data": rows}, usage={"images": wanted})


def _messages(asked: dict[str, Any]) -> list[dict[str, Any]]:
    messages = asked.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(one, dict) for one in messages):
        raise BadCall(400, "messages must be a list with at least one message.")
    return messages


def _last_user_text(messages: list[dict[str, Any]]) -> str:
    return next((tokens.text_of(one.get("content")) for one in reversed(messages) if one.get("role") == "user"), "")


def _limit(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _usage(asked: dict[str, Any], messages: list[dict[str, Any]], words: list[str]) -> dict[str, Any]:
    """Count as `tokens` says; cached tokens are inside the prompt's, as OpenAI reports them."""
    prompt = sum(tokens.count(tokens.text_of(one.get("content"))) for one in messages)
    system = (one for one in messages if one.get("role") in {"system", "developer"})
    cached = sum(tokens.count(tokens.text_of(one.get("content"))) for one in system)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": len(words),
        "total_tokens": prompt + len(words),
        "prompt_tokens_details": {"cached_tokens": cached if asked.get("prompt_cache_key") else 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def _flat(usage: dict[str, Any]) -> dict[str, int]:
    flat = {name: value for name, value in usage.items() if isinstance(value, int)}
    return {**flat, "cached_tokens": usage["prompt_tokens_details"]["cached_tokens"]}


async def _chat_stream(
    head: dict[str, Any], words: list[str], finish: str, usage: dict[str, Any] | None, delay: float
) -> AsyncIterator[bytes]:
    """Yield the chunks of a streamed completion; the usage comes in a last chunk without choices, when asked for."""
    opening = {"role": "assistant", "content": ""}
    deltas: list[tuple[dict[str, str], str | None]] = [(opening, None)]
    deltas += [({"content": piece}, None) for piece in tokens.pieces(words)]
    deltas.append(({}, finish))
    common = {**head, "object": "chat.completion.chunk", **({"usage": None} if usage else {})}
    for delta, reason in deltas:
        yield _event({**common, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]})
        await asyncio.sleep(delay)
    if usage:
        yield _event({**common, "choices": [], "usage": usage})
    yield b"data: [DONE]\n\n"


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _identity(prefix: str, body: bytes) -> str:
    return f"{prefix}-{hashlib.sha256(body).hexdigest()[:24]}"


def _embedding(text: str, *, as_base64: bool) -> list[float] | str:
    digest = hashlib.sha256(text.encode()).digest()
    numbers = [(byte - 127.5) / 127.5 for byte in digest[:_EMBEDDING_SIZE]]
    if as_base64:
        return base64.b64encode(struct.pack(f"<{_EMBEDDING_SIZE}f", *numbers)).decode()
    return numbers


def _picture(colour: bytes) -> bytes:
    """Return a PNG of 16 by 16 points in one colour."""
    rows = b"".join(b"\x00" + colour * 16 for _ in range(16))
    header = struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
