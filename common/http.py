"""The one table from an error's code to an HTTP status, for pages and JSON alike."""

from __future__ import annotations

from common.errors import DomainError

#: Codes that are not 400.
STATUS = {
    "not_found": 404,
    "permission_denied": 403,
    "unauthenticated": 401,
    "name_taken": 409,
    "conflict": 409,
    "insufficient_funds": 402,
    "enrollment_limit_reached": 409,
    "too_large": 413,
    "invalid_name": 422,
}


def status_of(error: DomainError) -> int:
    """Return the HTTP status of an error that a caller can act on."""
    return STATUS.get(error.code, 400)
