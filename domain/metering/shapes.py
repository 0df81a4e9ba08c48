"""How upstreams say what they used, brought to one form: input without what was cached, cached apart, output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

#: No single call uses more of anything; a larger number is a broken or hostile upstream.
LARGEST = 10**12

Usage = dict[str, int]


class HostileUsage(ValueError):
    """The upstream says something that cannot be: negative, fractional, not a number, or beyond all bounds."""


def read(answer: Mapping[str, Any]) -> Usage | None:
    """Return the usage that an answer or one event of a stream states, or None. Raises HostileUsage."""
    for shape in _SHAPES:
        if (found := shape(answer)) is not None:
            return found
    return None


def _count(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise HostileUsage("a count is negative, not a whole number, or too large")
    return value


def _tokens(*, everything_in: int, cached: int, out: int) -> Usage:
    """everything_in: input with what was cached."""
    if cached > everything_in:
        raise HostileUsage("more tokens are cached than there were")
    usage = {"input_tokens": everything_in - cached, "output_tokens": out}
    if cached:
        usage["cached_input_tokens"] = cached
    return usage


def _openai_chat(answer: Mapping[str, Any]) -> Usage | None:
    usage = answer.get("usage")
    if not isinstance(usage, dict) or "prompt_tokens" not in usage:
        return None
    details = usage.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else 0
    return _tokens(
        everything_in=_count(usage["prompt_tokens"]), cached=cached, out=_count(usage.get("completion_tokens"))
    )


def _openai_responses(answer: Mapping[str, Any]) -> Usage | None:
    inner = answer.get("response")
    usage = (inner if isinstance(inner, dict) else answer).get("usage")
    if not isinstance(usage, dict) or "input_tokens" not in usage or _is_anthropic(answer, usage):
        return None
    details = usage.get("input_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else 0
    return _tokens(everything_in=_count(usage["input_tokens"]), cached=cached, out=_count(usage.get("output_tokens")))


def _anthropic(answer: Mapping[str, Any]) -> Usage | None:
    """Anthropic states cached input apart. Written to the cache counts as input: it was read in full."""
    message = answer.get("message")
    usage = (message if isinstance(message, dict) else answer).get("usage")
    if not isinstance(usage, dict) or not _is_anthropic(answer, usage):
        return None
    found: Usage = {}
    if "input_tokens" in usage:
        found["input_tokens"] = _count(usage["input_tokens"]) + _count(usage.get("cache_creation_input_tokens"))
    if cached := _count(usage.get("cache_read_input_tokens")):
        found["cached_input_tokens"] = cached
    if "output_tokens" in usage:
        found["output_tokens"] = _count(usage["output_tokens"])
    return found or None


def _is_anthropic(answer: Mapping[str, Any], usage: Mapping[str, Any]) -> bool:
    return answer.get("type") in {"message", "message_start", "message_delta"} or "cache_read_input_tokens" in usage


def _gemini(answer: Mapping[str, Any]) -> Usage | None:
    usage = answer.get("usageMetadata")
    if not isinstance(usage, dict):
        return None
    out = _count(usage.get("candidatesTokenCount")) + _count(usage.get("thoughtsTokenCount"))
    return _tokens(
        everything_in=_count(usage.get("promptTokenCount")),
        cached=_count(usage.get("cachedContentTokenCount")),
        out=out,
    )


def _bedrock(answer: Mapping[str, Any]) -> Usage | None:
    usage = answer.get("usage")
    if not isinstance(usage, dict) or "inputTokens" not in usage:
        return None
    found = {"input_tokens": _count(usage["inputTokens"]), "output_tokens": _count(usage.get("outputTokens"))}
    if cached := _count(usage.get("cacheReadInputTokens")):
        found["cached_input_tokens"] = cached
    return found


_SHAPES: tuple[Callable[[Mapping[str, Any]], Usage | None], ...] = (
    _openai_chat,
    _anthropic,
    _openai_responses,
    _gemini,
    _bedrock,
)


def images(answer: Mapping[str, Any]) -> int | None:
    """Return how many images an answer of the image generation format holds, or None for other answers."""
    made = answer.get("data")
    if isinstance(made, list) and made and all(isinstance(each, dict) and _is_image(each) for each in made):
        return len(made)
    return None


def _is_image(each: Mapping[str, Any]) -> bool:
    return "b64_json" in each or "url" in each
