"""What a request says beforehand about what it will use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.metering.shapes import LARGEST

#: Of a request that names no limit to a service that declares none.
DEFAULT_OUTPUT_TOKENS = 4096
_OUTPUT_LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens", "max_tokens_to_sample")
_DECLARED = ("max_output_tokens", "maxOutputTokens")
_IMAGES_AT_MOST = 100


def max_usage(body: Any, body_bytes: int, details: Mapping[str, Any]) -> dict[str, int]:
    """Return the most that a call can use: {metric: bound}.

    A token stands for at least one byte of the request, so its bytes bound the input tokens. Output is bounded by
    what the request allows, else by what the offering declares, else by 4096, for each of the answers asked for.
    details: of the offering, numbers alone. Source: docs/algorithms/holds.md.
    """
    request = body if isinstance(body, dict) else {}
    answers = _number(request, ("n",), most=_IMAGES_AT_MOST) or 1
    output = _number(request, _OUTPUT_LIMITS) or _number(details, _DECLARED) or DEFAULT_OUTPUT_TOKENS
    return {
        "input_tokens": body_bytes,
        "output_tokens": output * answers,
        "count": answers,
        "images_generated": answers,
        "bytes_in": body_bytes,
        "characters": body_bytes,
    }


def asks_for_stream(body: Any) -> bool:
    """Return whether a request asks for its answer as a stream of events."""
    return isinstance(body, dict) and body.get("stream") is True


def ensure_stream_usage(body: dict[str, Any], path: str) -> tuple[dict[str, Any], bool]:
    """Return the body with the wish for usage at the stream's end, and whether it had to be added.

    OpenAI's chat and completion streams tell their usage only to those who ask. path: below the service's address.
    """
    options = body.get("stream_options")
    if not asks_for_stream(body) or not path.rstrip("/").endswith("completions"):
        return body, False
    if isinstance(options, dict) and "include_usage" in options:
        return body, False
    return {**body, "stream_options": {**(options if isinstance(options, dict) else {}), "include_usage": True}}, True


def _number(mapping: Mapping[str, Any], names: tuple[str, ...], *, most: int = LARGEST) -> int:
    for name in names:
        value = mapping.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= most:
            return value
    return 0
