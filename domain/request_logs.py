"""What a customer's request log says of a call: whose fault it was, and which headers may be kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from domain.scrubbing import MARK, scrub

ErrorSource = Literal["", "client", "gateway", "upstream", "money", "limit"]

#: What is kept of a body under "truncated", and at most under "complete".
TRUNCATED_BYTES = 8 * 1024
COMPLETE_BYTES = 2 * 1024 * 1024
#: Characters of one header that are kept, and of all.
_HEADER_LENGTH, _HEADERS_LENGTH = 2000, 12_000

#: Codes of refusals that the service is at fault for, not its caller and not the gateway.
_OF_UPSTREAM = frozenset(
    {"config_error", "egress_refused", "answer_too_large", "step_timeout", "channel_unsupported", "failed_by_rule"}
)
#: Headers that hold credentials, by a word of their name.
_HIDDEN = re.compile(
    r"(?:^|[-_])(?:auth|authorization|authentication|apikey|key|token|secret|signature|credentials?|password|passwd|cookie2?)"
    r"(?:$|[-_])"
)
_SHOWN = frozenset({"idempotency-key"})
#: Our own keys and tokens, whole or in part, wherever somebody has written one.
_OURS = re.compile(rb"(svcpass_|svcrun_)[0-9A-Za-z_.-]{4,}")


def source_of(status: int, code: str) -> ErrorSource:
    """Return at whom a refusal of the gateway points. status: HTTP; code: of the error."""
    if code.startswith("upstream_") or code in _OF_UPSTREAM:
        return "upstream"
    if status == 402:
        return "money"
    if status == 429:
        return "limit"
    return "gateway" if status >= 500 else "client"


def without_keys(text: bytes) -> bytes:
    """Return a text with the platform's own keys replaced."""
    return _OURS.sub(lambda found: found[1] + MARK, text)


def shown_headers(headers: Iterable[tuple[bytes, bytes]], secrets: Iterable[str]) -> dict[str, str]:
    """Return headers as they may be kept: {lower-case name: value}, credentials as ***, at most 12,000 characters."""
    known = tuple(secrets)
    shown: dict[str, str] = {}
    room = _HEADERS_LENGTH
    for raw_name, raw_value in headers:
        name = without_keys(scrub(raw_name, known)).decode("latin-1").lower()[:200]
        value = _value(name, raw_value, known)
        value = f"{shown[name]}, {value}" if name in shown else value
        room -= len(name) + len(value)
        if room < 0:
            break
        shown[name] = value
    return shown


def _value(name: str, value: bytes, secrets: tuple[str, ...]) -> str:
    if _HIDDEN.search(name) and name not in _SHOWN:
        return MARK.decode()
    # scrubbed whole, and cut after that
    return without_keys(scrub(value, secrets)).decode("latin-1")[:_HEADER_LENGTH]
