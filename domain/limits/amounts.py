"""How much of a limit a call takes: an estimate before, the truth after."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from domain import metering
from domain.limits.rules import Unit

_BYTES_A_TOKEN = 4


def expected(unit: Unit, body: Any, body_bytes: int, details: Mapping[str, Any]) -> int:
    """Return what a call is taken to use until it has ended: at least 1.

    Input by its length, four bytes a token; output by what the call allows. The answer's bytes are not known before.
    """
    match unit:
        case "requests" | "concurrent":
            return 1
        case "bytes":
            return max(body_bytes, 1)
    tokens_in = -(-body_bytes // _BYTES_A_TOKEN)
    tokens_out = metering.max_usage(body, body_bytes, details)["output_tokens"] if unit != "input_tokens" else 0
    return max({"input_tokens": tokens_in, "output_tokens": tokens_out}.get(unit, tokens_in + tokens_out), 1)


def used(unit: Unit, usage: Mapping[str, int | Decimal]) -> int:
    """Return what a finished call has used. A call that was made is one request, whatever came of it."""

    def of(name: str) -> int:
        return int(usage.get(name, 0))

    match unit:
        case "requests" | "concurrent":
            return 1
        case "bytes":
            return of("bytes_in") + of("bytes_out")
        case "input_tokens":
            return of("input_tokens") + of("cached_input_tokens")
        case "output_tokens":
            return of("output_tokens")
    return of("total_tokens") or of("input_tokens") + of("cached_input_tokens") + of("output_tokens")
