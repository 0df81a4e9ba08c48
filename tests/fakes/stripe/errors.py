"""Stripe's refusals, as it words them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DOCUMENTS = "https://stripe.com/docs/error-codes/"


class Refused(Exception):
    """An answer other than 200. is_kept: whether a repetition with the same idempotency key gets it again."""

    def __init__(self, status: int, error: Mapping[str, Any], *, is_kept: bool = True) -> None:
        super().__init__(error.get("message"))
        self.status = status
        self.error = {name: value for name, value in error.items() if value is not None}
        self.is_kept = is_kept

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def invalid(message: str, *, param: str | None = None, code: str | None = None, status: int = 400) -> Refused:
    """A request that can never work."""
    return Refused(status, _described("invalid_request_error", message, code, param=param))


def malformed(message: str, *, param: str | None = None, code: str | None = None) -> Refused:
    """A request that did not get as far as being executed: its key stays free."""
    return Refused(400, _described("invalid_request_error", message, code, param=param), is_kept=False)


def missing(kind: str, id: str, *, param: str = "id") -> Refused:
    """Nothing of that kind has this id."""
    return invalid(f"No such {kind.replace('.', ' ')}: '{id}'", param=param, code="resource_missing", status=404)


def unauthorized(message: str) -> Refused:
    """A key that is none of ours."""
    return Refused(401, {"type": "invalid_request_error", "message": message}, is_kept=False)


def unknown_address(method: str, path: str) -> Refused:
    """No endpoint answers there."""
    message = f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs."
    return Refused(404, {"type": "invalid_request_error", "message": message}, is_kept=False)


def card_error(message: str, *, code: str, decline_code: str | None = None, **facts: Any) -> Refused:
    """The bank, or the rules for cards, said no."""
    return Refused(402, _described("card_error", message, code, decline_code=decline_code, **facts))


def idempotency(message: str, *, status: int = 400, code: str | None = None) -> Refused:
    """The key was used for something else, or is being used now."""
    return Refused(status, _described("idempotency_error", message, code), is_kept=False)


def rate_limited() -> Refused:
    """Too many requests."""
    error = {
        "type": "invalid_request_error",
        "code": "rate_limit",
        "message": "Request rate limit exceeded. Learn more about rate limits here: https://stripe.com/docs/rate-limits.",
    }
    return Refused(429, error, is_kept=False)


def broken() -> Refused:
    """Stripe's own fault."""
    return Refused(500, {"type": "api_error", "message": "An unknown error occurred."})


def _described(kind: str, message: str, code: str | None, **facts: Any) -> dict[str, Any]:
    address = f"{_DOCUMENTS}{code.replace('_', '-')}" if code else None
    return {"type": kind, "message": message, "code": code, "doc_url": address, **facts}
