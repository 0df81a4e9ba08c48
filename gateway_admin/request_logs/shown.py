"""A row in the words of the published API, and in those of this platform beside them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from gateway_admin.request_logs import bodies
from gateway_admin.request_logs.models import KeptBodies, RequestLog

Cost = tuple[Decimal, str]


def item(row: RequestLog, cost: Cost | None, schedules: Mapping[UUID, UUID]) -> dict[str, Any]:
    """Return a row of the list. schedules: {run: its schedule}."""
    return {
        "log_id": str(row.pk),
        "event_id": str(row.pk),
        "event_timestamp": row.started_at.isoformat(),
        "gateway_source": gateway_source(row),
        "customer_id": str(row.team_id),
        "service_id": _text(row.service_id),
        "service_enrollment_id": _text(row.enrollment_id),
        "user_request_method": row.method,
        "user_request_path": row.path,
        "upstream_response_status_code": row.upstream_status,
        "upstream_response_time_ms": row.upstream_ms,
        "error_source": error_source(row),
        "error_type": row.error_type or None,
        "recurrent_request_id": _text(schedules.get(row.origin_id)) if row.origin_id else None,
        "call_id": str(row.call_id),
        "role": row.role,
        "status": row.status,
        "error_origin": row.error_source or None,
        "error_message": row.error_message or None,
        "primitives": row.primitives,
        "alias": row.alias or None,
        "channel": row.channel or None,
        "routing_key": row.routing_key,
        "session": row.session or None,
        "api_key_id": _text(row.api_key_id),
        "origin": row.origin,
        "latency_ms": row.latency_ms,
        "ttfb_ms": row.ttfb_ms,
        "request_bytes": row.request_bytes,
        "response_bytes": row.response_bytes,
        "memo": row.memo or None,
        "memo_age_seconds": row.memo_age_seconds,
        "stages": row.stages,
        "flags": row.flags,
        "usage": row.usage,
        "cost": {"amount": f"{cost[0]:f}", "currency": cost[1]} if cost else None,
        "log": row.log,
    }


def detail(
    row: RequestLog, kept: KeptBodies | None, cost: Cost | None, schedules: Mapping[UUID, UUID]
) -> dict[str, Any]:
    """Return everything that is known of a call; never an address of the upstream's, never a credential."""
    request, response = (_side(kept, side) for side in bodies.SIDES)
    answered = row.status or row.upstream_status
    return item(row, cost, schedules) | {
        "user_id": _text(row.user_id) or "",
        "user_request": {
            "method": row.method,
            "path": f"{row.path}?{kept.query}" if kept is not None and kept.query else row.path,
            "content_type": (request["headers"] or {}).get("content-type", ""),
            **request,
        },
        "upstream_response": {"status_code": answered, "time_ms": row.upstream_ms, **response} if answered else None,
        "usage_event": {
            "usage_metrics": {name: _number(value) for name, value in row.usage.items()},
            "customer_charge": f"{cost[0]:f}" if cost else None,
            "pricing_bundle_id": None,
        }
        if row.has_event
        else None,
        "error": {"category": row.error_type, "request_id": str(row.pk)} if row.error_source else None,
        "forgotten_at": row.forgotten_at.isoformat() if row.forgotten_at else None,
    }


def gateway_source(row: RequestLog) -> str:
    """Return where a call came in: from a client, or from the platform for its customer."""
    return "apisix" if row.origin == "call" else "backend"


def error_source(row: RequestLog) -> str | None:
    """Return whose error it was in the two words of the API."""
    if not row.error_source:
        return None
    return "upstream" if row.error_source == "upstream" else "gateway"


def _side(kept: KeptBodies | None, side: str) -> dict[str, Any]:
    if kept is None:
        return {"headers": None, "body": None, "body_bytes": None, "body_truncated": None, "body_missing_because": None}
    headers, is_cut = getattr(kept, f"{side}_headers"), getattr(kept, f"{side}_is_cut")
    return {
        "headers": headers,
        "body": bodies.meaning(bodies.read(kept, side), headers, is_cut=is_cut),
        "body_bytes": getattr(kept, f"{side}_size"),
        "body_truncated": is_cut,
        "body_missing_because": getattr(kept, f"{side}_why_not") or None,
    }


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _number(value: object) -> float | int:
    return value if isinstance(value, int) else float(str(value))
