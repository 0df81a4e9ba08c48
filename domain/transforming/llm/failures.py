"""An upstream's error told in the caller's dialect. The status stays."""

from __future__ import annotations

from typing import Any

from domain.transforming.llm.dialects import Translation

Json = dict[str, Any]
_ANTHROPIC_TYPES = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
                    404: "not_found_error", 413: "request_too_large", 422: "invalid_request_error",
                    429: "rate_limit_error", 529: "overloaded_error"}  # fmt: skip
_UNSAID = "The service answered with status {status}."


def translated(answer: object, status: int, translation: Translation) -> Json:
    """Return the error."""
    told = answer.get("error") if isinstance(answer, dict) else None
    error = told if isinstance(told, dict) else {}
    message = error.get("message") or (told if isinstance(told, str) else "") or _UNSAID.format(status=status)
    if translation.client == "anthropic":
        kind = _ANTHROPIC_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": message}}
    return {"error": {"message": message, "type": error.get("type") or "api_error", "param": None, "code": None}}
