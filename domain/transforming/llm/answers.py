"""A whole chat answer told in the caller's dialect."""

from __future__ import annotations

import json
from typing import Any

from domain.transforming.errors import TransformFailed
from domain.transforming.llm import words
from domain.transforming.llm.dialects import Translation

Json = dict[str, Any]


def translated(answer: object, translation: Translation, model: str, created: int) -> Json:
    """Return the answer. model: as the caller named it; created: seconds since 1970. Raises TransformFailed."""
    if not isinstance(answer, dict):
        raise TransformFailed("The upstream's answer is not an object.")
    try:
        return _message(answer, model) if translation.client == "anthropic" else _completion(answer, model, created)
    except (TypeError, AttributeError, KeyError):
        raise TransformFailed("The upstream's answer has a value of another type than its format says.") from None


def _message(answer: Json, model: str) -> Json:
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else None
    if choice is None or not isinstance(said := choice.get("message"), dict):
        raise TransformFailed("The upstream's answer holds no message.")
    text = said.get("content") or said.get("refusal")
    content: list[Json] = [{"type": "text", "text": text}] if isinstance(text, str) and text else []
    calls = [_tool_use(call) for call in said.get("tool_calls") or [] if isinstance(call, dict)]
    content += calls
    reason = words.stop_reason(choice.get("finish_reason"), calls_tool=bool(calls))
    return {
        "id": f"msg_{answer.get('id', '')}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": "refusal" if said.get("refusal") else reason,
        "stop_sequence": None,
        "usage": words.anthropic_usage(answer.get("usage")),
    }


def _tool_use(call: Json) -> Json:
    function = call.get("function") or {}
    try:
        given = json.loads(function.get("arguments") or "{}")
    except (ValueError, TypeError):
        raise TransformFailed("The upstream calls a tool with arguments that are not JSON.") from None
    return {"type": "tool_use", "id": call.get("id", ""), "name": function.get("name", ""), "input": given}


def _completion(answer: Json, model: str, created: int) -> Json:
    blocks = answer.get("content")
    if not isinstance(blocks, list):
        raise TransformFailed("The upstream's answer holds no content.")
    held = [block for block in blocks if isinstance(block, dict)]
    text = "".join(str(block.get("text", "")) for block in held if block.get("type") == "text")
    message: Json = {"role": "assistant", "content": text or None, "refusal": None}
    if calls := [_tool_call(block) for block in held if block.get("type") == "tool_use"]:
        message["tool_calls"] = calls
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": words.finish_reason(answer.get("stop_reason")),
    }
    return {
        "id": f"chatcmpl-{answer.get('id', '')}",
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [choice],
        "usage": words.openai_usage(answer.get("usage")),
    }


def _tool_call(block: Json) -> Json:
    function = {"name": block.get("name", ""), "arguments": json.dumps(block.get("input") or {})}
    return {"id": block.get("id", ""), "type": "function", "function": function}
