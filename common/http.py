"""What pages and APIs know of HTTP alike: the one table from an error's code to a status, and who asks."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from common.errors import DomainError

#: Codes that are not 400.
STATUS = {
    "not_found": 404,
    "permission_denied": 403,
    "unauthenticated": 401,
    "name_taken": 409,
    "conflict": 409,
    "idempotency_conflict": 409,
    "request_under_way": 409,
    "insufficient_funds": 402,
    "enrollment_limit_reached": 409,
    "too_large": 413,
    "files_full": 409,
    "ticket_ended": 403,
    "shared_files_unavailable": 403,
    "personal_files_unavailable": 403,
    "invalid_name": 422,
    "invalid_schedule": 422,
    "invalid_request": 422,
    "schedule_limit": 409,
    "already_started": 409,
    "too_many_runs": 409,
    "invitation_gone": 403,
    "other_address": 403,
    "owners_only": 403,
    "seller_not_trusted": 403,
    "last_owner": 409,
    "personal_team": 409,
    "already_member": 409,
    "payout_under_way": 409,
    "link_ended": 404,
    "too_many_messages": 429,
    "conversation_closed": 409,
    "attachment_too_large": 413,
    "attachment_refused": 415,
}


def status_of(error: DomainError) -> int:
    """Return the HTTP status of an error that a caller can act on."""
    return STATUS.get(error.code, 400)


def envelope(request: HttpRequest, *, code: str, message: str) -> dict[str, Any]:
    """Return the body of an error in JSON: `detail` for the clients, code and request id for people."""
    return {"detail": message, "code": code, "request_id": getattr(request, "request_id", "")}


def presented_key(request: HttpRequest) -> str:
    """Return the key in `Authorization: Bearer`, `x-api-key` or `api-key`, or nothing."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    return request.headers.get("X-Api-Key") or request.headers.get("Api-Key") or ""


def caller_address(request: HttpRequest) -> str:
    """Return the address that a request came from, as the outermost proxy of our own saw it.

    What stands further left in X-Forwarded-For is the caller's to invent.
    """
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if proxies and len(forwarded) >= proxies and forwarded[-proxies]:
        return forwarded[-proxies]
    return str(request.META.get("REMOTE_ADDR") or "unknown")
