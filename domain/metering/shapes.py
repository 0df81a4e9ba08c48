"""How upstreams say what they used, brought to one form: input without what was cached, cached apart, output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

#: No single call uses more of anything; a larger number is a broken or hostile upstream.
LARGEST = 10**12

Answer = Mapping[str, object]
Metrics = dict[str, int | Decimal]


class HostileUsage(ValueError):
    """The upstream says something that cannot be: negative, fractional, not a number, or beyond all bounds."""


class Statement(NamedTuple):
    """What an answer, or one event of a stream, says was used. is_final: its output is all there will be."""

    usage: Metrics
    is_final: bool = True


def read(answer: Answer) -> Statement | None:
    """Return the usage that an answer or one event of a stream states, or None. Raises HostileUsage."""
    for shape in _SHAPES:
        if (found := shape(answer)) is not None:
            return found
    return None


def images(answer: Answer) -> int | None:
    """Return how many images an answer of the image generation format holds, or None for other answers."""
    made = answer.get("data")
    if not isinstance(made, list) or "created" not in answer or "choices" in answer:
        return None
    return len(made) if all(isinstance(each, dict) and ("b64_json" in each or "url" in each) for each in made) else None


def openai(answer: Answer) -> Statement | None:
    """Chat, completions, embeddings, and who speaks like them. Cached tokens are inside prompt_tokens."""
    stated = answer.get("usage")
    usage = stated if stated and isinstance(stated, dict) else _mapping(_mapping(answer, "x_groq"), "usage")
    if "prompt_tokens" not in usage:
        return None
    details = usage.get("prompt_tokens_details")
    cached = _count(details, "cached_tokens") if isinstance(details, dict) else 0
    if not cached and "prompt_cache_hit_tokens" in usage:
        cached = _count(usage, "prompt_cache_hit_tokens")
    everything_in, out = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    details = usage.get("completion_tokens_details")
    thought = _count(details, "reasoning_tokens") if isinstance(details, dict) else 0
    if thought and _count(usage, "total_tokens") == everything_in + out + thought:
        out += thought  # xAI counts reasoning apart from the completion
    return _tokens(everything_in, cached, out)


def _anthropic(answer: Answer) -> Statement | None:
    """Cached input is stated apart. What was written to the cache counts as input: it was read in full."""
    kind = str(answer.get("type"))
    usage = _mapping(_mapping(answer, "message"), "usage") or _mapping(answer, "usage")
    if not usage or not (kind in _ANTHROPIC_TYPES or "cache_read_input_tokens" in usage):
        return None
    found: Metrics = {}
    if usage.get("input_tokens") is not None:
        found["input_tokens"] = _count(usage, "input_tokens") + _count(usage, "cache_creation_input_tokens")
    if cached := _count(usage, "cache_read_input_tokens"):
        found["cached_input_tokens"] = cached
    if usage.get("output_tokens") is not None:
        found["output_tokens"] = _count(usage, "output_tokens")
    return Statement(found, is_final=kind != "message_start") if found else None


_ANTHROPIC_TYPES = frozenset(("message", "message_start", "message_delta"))


def _responses(answer: Answer) -> Statement | None:
    """OpenAI's responses and images, and transcriptions charged by tokens or by seconds."""
    usage = _mapping(_mapping(answer, "response"), "usage") or _mapping(answer, "usage")
    if usage.get("type") == "duration":
        return Statement({"seconds": _seconds(usage.get("seconds"))})
    if "input_tokens" not in usage:
        return None
    cached = _count(_mapping(usage, "input_tokens_details"), "cached_tokens")
    return _tokens(_count(usage, "input_tokens"), cached, _count(usage, "output_tokens"))


def _gemini(answer: Answer) -> Statement | None:
    """Cached tokens are inside the prompt; thoughts and tool results are apart."""
    usage = _mapping(answer, "usageMetadata")
    if not usage:
        return None
    everything_in = _count(usage, "promptTokenCount") + _count(usage, "toolUsePromptTokenCount")
    out = _count(usage, "candidatesTokenCount") + _count(usage, "thoughtsTokenCount")
    return _tokens(everything_in, _count(usage, "cachedContentTokenCount"), out)


def _bedrock(answer: Answer) -> Statement | None:
    """Converse, the metrics at the end of an invocation's stream, and the native shapes of Titan and Llama."""
    for usage, (tokens_in, tokens_out) in (
        (_mapping(answer, "usage"), ("inputTokens", "outputTokens")),
        (_mapping(answer, "amazon-bedrock-invocationMetrics"), ("inputTokenCount", "outputTokenCount")),
        (answer, ("prompt_token_count", "generation_token_count")),
        (answer, ("prompt_eval_count", "eval_count")),  # Ollama, by the way
    ):
        if tokens_in in usage:
            found: Metrics = {
                "input_tokens": _count(usage, tokens_in) + _count(usage, "cacheWriteInputTokens"),
                "output_tokens": _count(usage, tokens_out),
            }
            if cached := _count(usage, "cacheReadInputTokens") or _count(usage, "cacheReadInputTokenCount"):
                found["cached_input_tokens"] = cached
            return Statement(found)
    results = answer.get("results")
    if "inputTextTokenCount" in answer and isinstance(results, list):
        out = sum(_count(result, "tokenCount") for result in results if isinstance(result, dict))
        return Statement({"input_tokens": _count(answer, "inputTextTokenCount"), "output_tokens": out})
    return None


def _cohere(answer: Answer) -> Statement | None:
    units = _mapping(_mapping(answer, "meta"), "billed_units") or _mapping(_mapping(answer, "usage"), "billed_units")
    if "input_tokens" not in units:
        return None
    return _tokens(_count(units, "input_tokens"), 0, _count(units, "output_tokens"))


def _total_only(answer: Answer) -> Statement | None:
    usage = _mapping(answer, "usage")
    return Statement({"total_tokens": _count(usage, "total_tokens")}) if "total_tokens" in usage else None


_SHAPES: tuple[Callable[[Answer], Statement | None], ...] = (
    openai,
    _anthropic,
    _responses,
    _gemini,
    _bedrock,
    _cohere,
    _total_only,
)


def _tokens(everything_in: int, cached: int, out: int) -> Statement:
    """everything_in: input with what was cached."""
    if cached > everything_in:
        raise HostileUsage("more tokens are cached than there were")
    usage: Metrics = {"input_tokens": everything_in - cached, "output_tokens": out}
    if cached:
        usage["cached_input_tokens"] = cached
    return Statement(usage)


def _mapping(answer: Answer, name: str) -> Answer:
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def _count(usage: Answer, name: str) -> int:
    value = usage.get(name)
    if value is None:
        return 0
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise HostileUsage(f"{name} is negative, not a whole number, or too large")
    return value


def _seconds(value: object) -> Decimal:
    # a float that JSON can carry is finite; its shortest text is what the upstream wrote
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST:
        raise HostileUsage("seconds is negative, not a number, or too large")
    return Decimal(str(value))
