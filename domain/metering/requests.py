"""What a request says beforehand about what it will use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.metering import steps
from domain.metering.shapes import LARGEST

#: Of a request that names no limit to a service that declares none.
DEFAULT_OUTPUT_TOKENS = 4096
#: What upstreams add of their own to a request with tools. The templates of a chat are shorter than its JSON.
_TOOL_TOKENS = 1024
#: An image or file counts by its content, of which a request may hold only the address.
_REFERENCE_TOKENS = 8192
#: A conversation that the upstream remembers, when the offering does not declare its context length.
_CONTEXT_TOKENS = 131_072
_OUTPUT_LIMITS = frozenset((
    "max_completion_tokens", "max_tokens", "max_output_tokens", "max_tokens_to_sample", "max_gen_len",
    "maxOutputTokens", "maxTokens", "maxTokenCount", "num_predict",
))  # fmt: skip
#: Where the limits of Gemini, Bedrock and Ollama stand.
_OPTION_GROUPS = frozenset(
    ("generationConfig", "generation_config", "inferenceConfig", "textGenerationConfig", "options")
)
_DECLARED_OUTPUT = ("max_output_tokens", "maxOutputTokens", "max_completion_tokens")
_ANSWERS = frozenset(
    ("n", "candidateCount", "numberOfImages", "num_images", "sampleCount", "num_generations", "best_of")
)
#: Where the turns of a conversation stand, and the parts of a turn.
_PARTS = {"messages": "content", "input": "content", "contents": "parts"}
_TOOLS = frozenset(("tools", "functions"))
_REMEMBERED = frozenset(("previous_response_id", "conversation"))
#: Every name at the top of a request that says something of its size: a request is walked once.
_TELLING = frozenset({*_OUTPUT_LIMITS, *_ANSWERS, *_OPTION_GROUPS, *_PARTS, *_TOOLS, *_REMEMBERED, "prompt"})
#: Access methods of services to which a connection may live for hours.
_IN_STEPS = frozenset({"websocket", "grpc"})
_SECONDS = 600
_ANSWER_BYTES = 100 * 1024 * 1024


def max_usage(body: Any, body_bytes: int, details: Mapping[str, Any]) -> dict[str, int]:
    """Return the most that a call can use: {metric: bound}.

    A token stands for at least one byte of the request, so its bytes bound the input, with 1 024 more for tools and
    8 192 for each image or file; so does the declared context. Output is bounded by the lower of what the request
    allows and what the offering declares, else by 4 096, for each of the answers asked for. Cached tokens are not
    bounded apart: they are part of the input, and no dearer. details: of the offering.
    Source: docs/algorithms/holds.md.
    """
    tokens_in, tokens_out, answers = max_tokens(body, body_bytes, details)
    answer_bytes, seconds = _ANSWER_BYTES, _SECONDS
    if details:
        answer_bytes = _declared(details, "max_response_bytes") or answer_bytes
        seconds = _declared(details, "max_seconds") or seconds
    return {
        "input_tokens": tokens_in,
        "output_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
        "count": answers,
        "images_generated": answers,
        "bytes_in": body_bytes,
        "bytes_out": answer_bytes,
        "characters": body_bytes,
        "seconds": seconds,
    }


def max_tokens(body: Any, body_bytes: int, details: Mapping[str, Any]) -> tuple[int, int, int]:
    """Return what `max_usage` says of tokens in and out, and of the number of answers."""
    tokens_out, answers, prompts, unwritten = _said(body) if isinstance(body, dict) else (0, 1, 1, 0)
    tokens_in = body_bytes + unwritten
    if details:
        tokens_in = min(tokens_in, _declared(details, "context_length", "max_context_length") or tokens_in)
        declared = _declared(details, *_DECLARED_OUTPUT)
        tokens_out = min(tokens_out or declared, declared or tokens_out)
    return tokens_in, (tokens_out or DEFAULT_OUTPUT_TOKENS) * answers * prompts, answers


def hold_usage(access_method: str, body: Any, body_bytes: int, details: Mapping[str, Any]) -> Mapping[str, int]:
    """Return what must be paid for before a call is made: all of it, or the first step of what lives longer."""
    if access_method in _IN_STEPS:
        return steps.STEP
    return max_usage(body, body_bytes, details)


def asks_for_stream(body: Any) -> bool:
    """Return whether a request asks for its answer as a stream of events."""
    return isinstance(body, dict) and body.get("stream") is True


def ensure_stream_usage(body: dict[str, Any], path: str) -> tuple[dict[str, Any], bool]:
    """Return the body with the wish for usage at the stream's end, and whether it had to be added.

    OpenAI's chat and completion streams tell their usage only to those who ask; who did not ask shall not see it. path:
    below the service's address.
    """
    if not asks_for_stream(body) or not path.rstrip("/").endswith("completions"):
        return body, False
    options = body.get("stream_options")
    if not isinstance(options, dict):
        options = {}
    if options.get("include_usage") is True:
        return body, False
    return {**body, "stream_options": {**options, "include_usage": True}}, True


def _said(request: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Return the most tokens of output that a request asks for (0: it does not say), its answers, its prompts,
    and the tokens of its input that are not written in it.

    What is said at its top or among its options counts, under any of the names; the largest.
    """
    tokens, answers, prompts, references = 0, 1, 1, 0
    has_tools = remembers = False
    for name in request:
        if name not in _TELLING:
            continue
        value = request[name]
        if name in _PARTS:
            references += _references(value, _PARTS[name])
        elif name in _OUTPUT_LIMITS:
            if (asked := _positive(value)) > tokens:
                tokens = asked
        elif name in _ANSWERS:
            answers = max(answers, _positive(value))
        elif name in _OPTION_GROUPS:
            more = _options(value)
            tokens, answers = max(tokens, more[0]), max(answers, more[1])
        elif name == "prompt":
            prompts = _prompts(value)
        else:
            has_tools = has_tools or (name in _TOOLS and bool(value))
            remembers = remembers or (name in _REMEMBERED and bool(value))
    unwritten = _REFERENCE_TOKENS * references + _TOOL_TOKENS * has_tools + _CONTEXT_TOKENS * remembers
    return tokens, answers, prompts, unwritten


def _references(turns: object, inside: str) -> int:
    """Return how many parts of a conversation are not text."""
    count = 0
    for turn in turns if isinstance(turns, list) else ():
        parts = turn.get(inside) if isinstance(turn, dict) else None
        if isinstance(parts, list):
            count += sum(isinstance(part, dict) and not isinstance(part.get("text"), str) for part in parts)
    return count


def _prompts(prompt: object) -> int:
    """Return how many prompts a completion answers: a list of tokens is one, a list of anything else is many."""
    return max(len(prompt), 1) if isinstance(prompt, list) and not all(isinstance(part, int) for part in prompt) else 1


def _options(options: object) -> tuple[int, int]:
    """Return the most tokens of output and the answers that a group of options names."""
    tokens, answers = 0, 1
    if not isinstance(options, dict):
        return tokens, answers
    for name in options:
        if name in _OUTPUT_LIMITS:
            tokens = max(tokens, _positive(options[name]))
        elif name in _ANSWERS:
            answers = max(answers, _positive(options[name]))
    return tokens, answers


def _declared(details: Mapping[str, Any], *names: str) -> int:
    for name in names:
        if number := _positive(details.get(name)):
            return number
    return 0


def _positive(value: object) -> int:
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int or value <= 0:
        return 0
    return value if value < LARGEST else LARGEST
