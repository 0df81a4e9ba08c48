"""A chat request told in the other dialect. What would change the answer and cannot be said there is refused.

Left out: sampling knobs that only one side has, cache marks, thinking blocks of earlier turns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from domain.transforming.errors import TransformFailed
from domain.transforming.llm.dialects import Dialect, Translation

Json = dict[str, Any]
Headers = list[tuple[bytes, bytes]]

_VERSION = (b"anthropic-version", b"2023-06-01")
_OF_DIALECT: dict[Dialect, bytes] = {"anthropic": b"anthropic-", "openai": b"openai-"}
#: Anthropic wants a limit; OpenAI's clients need not give one.
_DEFAULT_MAX_TOKENS = 4096
_OF_THE_SYSTEM = frozenset(("system", "developer"))
_SAME = ("model", "temperature", "top_p", "stream")


def translated(body: Json, translation: Translation) -> Json:
    """Return the request in the upstream's dialect. Raises TransformFailed."""
    if not isinstance(body.get("messages"), list):
        raise TransformFailed("A chat has a list of messages.")
    try:
        return _to_openai(body) if translation.upstream == "openai" else _to_anthropic(body)
    except (TypeError, AttributeError, KeyError):
        raise TransformFailed("The request has a value of another type than its format says.") from None


def headers(given: Headers, translation: Translation) -> Headers:
    """Return the headers without those of the caller's dialect, and with those that the upstream's needs."""
    gone = _OF_DIALECT[translation.client]
    kept = [pair for pair in given if not pair[0].lower().startswith(gone)]
    if translation.upstream == "anthropic" and not any(name.lower() == _VERSION[0] for name, _ in kept):
        kept.append(_VERSION)
    return kept


# -- towards OpenAI --------------------------------------------------------------------------------------------------


def _to_openai(body: Json) -> Json:
    _check_anthropic(body)
    made = {name: body[name] for name in (*_SAME, "max_tokens") if body.get(name) is not None}
    system = _text_of(body.get("system"))
    made["messages"] = [{"role": "system", "content": system}] if system else []
    for message in _turns(body):
        made["messages"] += _openai_messages(message)
    if body.get("stop_sequences"):
        made["stop"] = body["stop_sequences"]
    if made.get("stream"):
        made["stream_options"] = {"include_usage": True}
    if isinstance(user := _object(body.get("metadata")).get("user_id"), str):
        made["user"] = user
    if body.get("tools"):
        made["tools"] = [_openai_tool(_object(tool)) for tool in body["tools"]]
    choice = _object(body.get("tool_choice"))
    if choice:
        made["tool_choice"] = _openai_choice(choice)
        if choice.get("disable_parallel_tool_use"):
            made["parallel_tool_calls"] = False
    return made


def _check_anthropic(body: Json) -> None:
    if body.get("mcp_servers"):
        raise TransformFailed("The service calls no tools itself (mcp_servers).")
    if body.get("output_format") or _object(body.get("output_config")).get("format"):
        raise TransformFailed("The service has no output_format.")


def _openai_messages(message: Json) -> Iterator[Json]:
    """Yield one message or several: the results of tools are messages of their own, before what the user says."""
    content = message.get("content")
    if isinstance(content, str):
        yield {"role": message["role"], "content": content}
        return
    blocks = [block for block in content or [] if isinstance(block, dict)]
    if message["role"] == "assistant":
        yield _openai_assistant(blocks)
        return
    parts: list[Json] = []
    for block in blocks:
        if block.get("type") == "tool_result":
            inner = block.get("content")
            yield {"role": "tool", "tool_call_id": block.get("tool_use_id", ""), "content": _text_of(inner)}
            parts += [_openai_part(each) for each in _blocks(inner) if each.get("type") == "image"]
        else:
            parts.append(_openai_part(block))
    if parts:
        is_text = len(parts) == 1 and parts[0]["type"] == "text"
        yield {"role": "user", "content": parts[0]["text"] if is_text else parts}


def _openai_assistant(blocks: list[Json]) -> Json:
    text = "".join(str(block.get("text", "")) for block in blocks if block.get("type") == "text")
    calls = [
        {
            "id": block.get("id", ""),
            "type": "function",
            "function": {"name": block.get("name", ""), "arguments": json.dumps(block.get("input") or {})},
        }
        for block in blocks
        if block.get("type") == "tool_use"
    ]
    message: Json = {"role": "assistant", "content": text or None}
    return {**message, "tool_calls": calls} if calls else {**message, "content": text}


def _openai_part(block: Json) -> Json:
    kind, source = block.get("type"), _object(block.get("source"))
    if kind == "text":
        return {"type": "text", "text": block.get("text", "")}
    if kind == "image":
        return {"type": "image_url", "image_url": {"url": _url_of(source)}}
    if kind == "document" and source.get("type") == "text":
        return {"type": "text", "text": source.get("data", "")}
    if kind == "document" and source.get("type") == "base64":
        name = block.get("title") or "document.pdf"
        return {"type": "file", "file": {"filename": name, "file_data": _url_of(source)}}
    raise TransformFailed(f"The service cannot be given content of the type {kind!r:.40}.")


def _url_of(source: Json) -> str:
    if source.get("type") == "base64":
        return f"data:{source.get('media_type', '')};base64,{source.get('data', '')}"
    if source.get("type") == "url":
        return str(source.get("url", ""))
    raise TransformFailed("The service cannot read files that were uploaded elsewhere.")


def _openai_tool(tool: Json) -> Json:
    if tool.get("type") not in {None, "custom"}:
        raise TransformFailed(f"The service does not have the tool {str(tool.get('name'))[:40]!r}.")
    function = {"name": tool.get("name", ""), "parameters": tool.get("input_schema") or {"type": "object"}}
    if tool.get("description"):
        function["description"] = tool["description"]
    return {"type": "function", "function": function}


def _openai_choice(choice: Json) -> str | Json:
    if choice.get("type") == "tool":
        return {"type": "function", "function": {"name": choice.get("name", "")}}
    return {"any": "required", "none": "none"}.get(str(choice.get("type")), "auto")


# -- towards Anthropic -----------------------------------------------------------------------------------------------


def _to_anthropic(body: Json) -> Json:
    _check_openai(body)
    made = {name: body[name] for name in _SAME if body.get(name) is not None}
    if isinstance(made.get("temperature"), int | float):
        made["temperature"] = min(made["temperature"], 1)
    made["max_tokens"] = body.get("max_completion_tokens") or body.get("max_tokens") or _DEFAULT_MAX_TOKENS
    system = [_text_of(turn.get("content")) for turn in _turns(body) if turn["role"] in _OF_THE_SYSTEM]
    if any(system):
        made["system"] = "\n\n".join(filter(None, system))
    others = [turn for turn in _turns(body) if turn["role"] not in _OF_THE_SYSTEM]
    made["messages"] = _merged(_anthropic_message(turn) for turn in others)
    if stop := body.get("stop"):
        made["stop_sequences"] = [stop] if isinstance(stop, str) else stop
    if isinstance(user := body.get("user"), str):
        made["metadata"] = {"user_id": user}
    if body.get("tools"):
        made["tools"] = [_anthropic_tool(_object(tool)) for tool in body["tools"]]
        if choice := _anthropic_choice(body.get("tool_choice"), body.get("parallel_tool_calls")):
            made["tool_choice"] = choice
    return made


def _check_openai(body: Json) -> None:
    if isinstance(body.get("n"), int) and body["n"] > 1:
        raise TransformFailed("The service gives one answer a call (n).")
    if _object(body.get("response_format")).get("type") not in {None, "text"}:
        raise TransformFailed("The service has no response_format.")
    if body.get("logprobs"):
        raise TransformFailed("The service tells no logprobs.")
    if body.get("functions"):
        raise TransformFailed("The service takes functions as tools alone (functions).")
    if body.get("web_search_options") is not None:
        raise TransformFailed("The service calls no tools itself (web_search_options).")
    if set(body.get("modalities") or ()) - {"text"}:
        raise TransformFailed("The service answers in text alone (modalities).")


def _anthropic_message(turn: Json) -> Json:
    content = turn.get("content")
    if turn["role"] == "tool":
        result = {"type": "tool_result", "tool_use_id": turn.get("tool_call_id", ""), "content": _text_of(content)}
        return {"role": "user", "content": [result]}
    if turn["role"] == "assistant":
        text = _text_of(content)
        blocks: list[Json] = [{"type": "text", "text": text}] if text else []
        return {
            "role": "assistant",
            "content": blocks + [_tool_use(_object(call)) for call in turn.get("tool_calls") or []],
        }
    if isinstance(content, str):
        return {"role": "user", "content": [{"type": "text", "text": content}]}
    return {"role": "user", "content": [_anthropic_block(_object(part)) for part in content or []]}


def _tool_use(call: Json) -> Json:
    function = _object(call.get("function"))
    try:
        given = json.loads(function.get("arguments") or "{}")
    except (ValueError, TypeError):
        raise TransformFailed("The arguments of an earlier tool call are not JSON.") from None
    return {"type": "tool_use", "id": call.get("id", ""), "name": function.get("name", ""), "input": given}


def _anthropic_block(part: Json) -> Json:
    kind = part.get("type")
    if kind == "text":
        return {"type": "text", "text": part.get("text", "")}
    if kind == "image_url":
        return {"type": "image", "source": _source_of(str(_object(part.get("image_url")).get("url", "")))}
    if kind == "file" and isinstance(held := _object(part.get("file")).get("file_data"), str):
        return {"type": "document", "source": _source_of(held)}
    raise TransformFailed(f"The service cannot be given content of the type {kind!r:.40}.")


def _source_of(url: str) -> Json:
    if not url.startswith("data:"):
        return {"type": "url", "url": url}
    head, comma, held = url.partition(",")
    if not comma or not head.endswith(";base64"):
        raise TransformFailed("A data URL must hold base64.")
    return {"type": "base64", "media_type": head[len("data:") : -len(";base64")], "data": held}


def _anthropic_tool(tool: Json) -> Json:
    if tool.get("type") != "function":
        raise TransformFailed(f"The service has no tools of the type {tool.get('type')!r:.40}.")
    function = _object(tool.get("function"))
    made = {"name": function.get("name", ""), "input_schema": function.get("parameters") or {"type": "object"}}
    return {**made, "description": function["description"]} if function.get("description") else made


def _anthropic_choice(choice: object, parallel: object) -> Json:
    made: Json = {}
    if isinstance(choice, dict):
        made = {"type": "tool", "name": _object(choice.get("function")).get("name", "")}
    elif isinstance(choice, str):
        made = {"type": {"required": "any", "none": "none"}.get(choice, "auto")}
    if parallel is False and made.get("type") != "none":
        made = {**(made or {"type": "auto"}), "disable_parallel_tool_use": True}
    return made


def _merged(messages: Iterable[Json]) -> list[Json]:
    """Put turns of the same side together: results of tools that ran beside each other are one turn."""
    merged: list[Json] = []
    for message in messages:
        if merged and merged[-1]["role"] == message["role"]:
            merged[-1]["content"] += message["content"]
        elif message["content"]:
            merged.append(message)
    return merged


# -- both ------------------------------------------------------------------------------------------------------------


def _turns(body: Json) -> Iterator[Json]:
    for turn in body["messages"]:
        if not isinstance(turn, dict) or not isinstance(turn.get("role"), str):
            raise TransformFailed("Each message is an object with a role.")
        if not isinstance(turn.get("content"), str | list | None):
            raise TransformFailed("The content of a message is a text or a list.")
        yield turn


def _text_of(content: object) -> str:
    """Return the texts of a message's content, without what is no text."""
    if isinstance(content, str):
        return content
    return "".join(str(block.get("text", "")) for block in _blocks(content) if block.get("type") == "text")


def _blocks(content: object) -> list[Json]:
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}
