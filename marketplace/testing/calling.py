"""Calls to the gateway, as a test makes them: bounded in time and size, without redirects, cookies or proxies."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

#: What of an answer is looked at.
ANSWER_BYTES = 256 * 1024
TIMEOUT = httpx.Timeout(45, connect=5)
_TOTAL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """status: 0 when the gateway could not be asked. code: of the gateway's own refusal, message: what it says."""

    status: int
    text: str = ""
    code: str = ""
    message: str = ""
    duration_ms: int = 0
    headers: dict[str, str] = field(default_factory=dict)


def call(
    method: str, url: str, *, token: str, headers: dict[str, str] | None = None, body: dict[str, Any] | None = None
) -> Answer:
    """Make one call with a call token. Whatever goes wrong is told in the answer."""
    sent = {"authorization": f"Bearer {token}", "accept-encoding": "identity", **(headers or {})}
    content = None
    if body is not None:
        content, sent["content-type"] = json.dumps(body).encode(), "application/json"
    began = time.monotonic()
    try:
        with (
            httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(method, url, headers=sent, content=content) as response,
        ):
            return answered(response, began)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return unanswered(error, began)


def answered(response: httpx.Response, began: float) -> Answer:
    """Return what came back, or its beginning."""
    text = _beginning(response, began)
    return _answer(response, text, ms(began))


def unanswered(error: Exception, began: float) -> Answer:
    """Return why nothing came back."""
    reason = str(error) or type(error).__name__
    return Answer(0, message=f"the gateway did not answer ({reason})", duration_ms=ms(began))


def ms(began: float) -> int:
    """Return the milliseconds since a monotonic moment."""
    return round((time.monotonic() - began) * 1000)


def _beginning(response: httpx.Response, began: float) -> str:
    pieces, size = [], 0
    for piece in response.iter_raw():
        pieces.append(piece)
        size += len(piece)
        if size >= ANSWER_BYTES or time.monotonic() - began > _TOTAL_SECONDS:
            break
    return b"".join(pieces)[:ANSWER_BYTES].decode("utf-8", "replace").replace("\x00", "\ufffd")


def _answer(response: httpx.Response, text: str, duration_ms: int) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    code, message = _refusal(text, headers.get("x-request-id", ""))
    if not code and "x-usvc-channel" not in headers:  # what an upstream answered says who served it
        code, message = "unknown_answer", "the answer is not the gateway's"
    return Answer(response.status_code, text, code, message, duration_ms, headers)


def _refusal(text: str, request_id: str) -> tuple[str, str]:
    """Return code and message of an error that the gateway wrote: no upstream knows the id of the request."""
    try:
        error = json.loads(text)["error"]
        if request_id and error["request_id"] == request_id:
            return str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return "", ""
