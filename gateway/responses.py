"""The one table from errors to answers, in a body that every client's library can read."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from gateway.errors import GatewayError

#: Where the mend of an error is done. The others lead to their row on the page about errors.
PAGES = {
    "unauthenticated": "/keys",
    "key_may_not_call": "/keys",
    "not_a_customer_key": "/keys",
    "enrollment_required": "/market",
    "enrollment_not_found": "/enrollments",
    "enrollment_ambiguous": "/enrollments",
    "service_not_found": "/market",
    "secret_missing": "/secrets",
    "secret_consent_required": "/secrets",
    "insufficient_funds": "/wallet",
    "wallet_missing": "/wallet",
}


#: What a client is told to speak instead, by the code of the refusal.
_UPGRADES = {"websocket_required": b"websocket", "grpc_required": b"h2c"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of the gateway's own."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def error_answer(error: GatewayError, *, request_id: str, site_url: str) -> Answer:
    """Return the JSON answer. The envelope holds `error` for the OpenAI and Anthropic clients and `detail` for ours."""
    link = f"{site_url}{error.page or PAGES.get(error.code, f'/docs/errors#gateway-{error.code}')}"
    body = orjson.dumps(
        {
            "type": "error",
            "detail": error.message,
            "error": {
                "message": error.message,
                "type": error.code,
                "code": error.code,
                "request_id": request_id,
                "doc_url": link,
            },
        }
    )
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if error.retry_after_seconds is not None:
        headers.append((b"retry-after", str(error.retry_after_seconds).encode()))
    if error.code in _UPGRADES:
        headers.append((b"upgrade", _UPGRADES[error.code]))
    if error.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    return Answer(error.status, headers, body)
