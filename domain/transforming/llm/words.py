"""The words of the two dialects for the same things: why an answer ended, and what it used."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_STOP = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "function_call": "tool_use",
         "content_filter": "refusal"}  # fmt: skip
_FINISH = {"end_turn": "stop", "stop_sequence": "stop", "pause_turn": "stop", "max_tokens": "length",
           "model_context_window_exceeded": "length", "tool_use": "tool_calls",
           "refusal": "content_filter"}  # fmt: skip


def stop_reason(finish_reason: object, *, calls_tool: bool) -> str:
    """Return Anthropic's word. calls_tool: OpenAI says `stop` even so, where the caller has named the tool."""
    if calls_tool and finish_reason == "stop":
        return "tool_use"
    return _STOP.get(str(finish_reason), "end_turn")


def finish_reason(stop_reason: object) -> str:
    """Return OpenAI's word."""
    return _FINISH.get(str(stop_reason), "stop")


def anthropic_usage(usage: object) -> Json:
    """Return OpenAI's usage as Anthropic tells it: what was read from the cache stands apart."""
    stated = usage if isinstance(usage, dict) else {}
    cached = _count(stated.get("prompt_tokens_details"), "cached_tokens")
    return {
        "input_tokens": max(_count(stated, "prompt_tokens") - cached, 0),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": cached,
        "output_tokens": _count(stated, "completion_tokens"),
    }


def openai_usage(usage: object) -> Json:
    """Return Anthropic's usage as OpenAI tells it: what the cache read or wrote is part of the prompt."""
    cached = _count(usage, "cache_read_input_tokens")
    prompt = _count(usage, "input_tokens") + cached + _count(usage, "cache_creation_input_tokens")
    out = _count(usage, "output_tokens")
    return {
        "prompt_tokens": prompt,
        "completion_tokens": out,
        "total_tokens": prompt + out,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


def _count(usage: object, name: str) -> int:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if type(value) is int and value > 0 else 0
