"""Rows of request logs, handed over as gateways do."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from domain.event_ids import new_event_id

SERVICE = "00000000-0000-4000-8000-0000000000a1"


def request_id(at: datetime) -> str:
    """Return a fresh id of that moment."""
    return new_event_id(int(at.timestamp() * 1000))


def attempt(team_id: object, at: datetime, **facts: Any) -> dict[str, Any]:
    """Return the usage event of an answered call, as the log reads it."""
    event = {
        "event_id": request_id(at),
        "team_id": str(team_id),
        "service_id": SERVICE,
        "channel": "default",
        "method": "POST",
        "path": "/p/acme/chat",
        "status": 200,
        "outcome": "completed",
        "latency_ms": 120.5,
        "upstream_ms": 100.25,
        "ttfb_ms": 40.125,
        "usage": {"output_tokens": 7},
        "flags": [],
        "request_bytes": 10,
        "response_bytes": 20,
        "gateway_id": "gateway-1",
    }
    return event | facts


def call(team_id: object, at: datetime, **facts: Any) -> dict[str, Any]:
    """Return the record of a call as its client saw it."""
    record = {"id": request_id(at), "team_id": str(team_id), "method": "POST", "path": "/l/p/acme/chat", "status": 200,
              "latency_ms": 130.0, "ttfb_ms": 41.0, "log": "none", "stages": {}, "gateway_id": "gateway-1"}  # fmt: skip
    return record | facts


def kept(request: bytes = b'{"question":"?"}', response: bytes = b'{"answer":42}', **facts: Any) -> dict[str, Any]:
    """Return the part of a record that holds bodies."""

    def side(body: bytes) -> dict[str, Any]:
        return {"bytes": base64.b64encode(body).decode(), "parts": 0, "size": len(body), "is_cut": False, "why_not": ""}

    return {
        "query": "limit=3",
        "request_headers": {"content-type": "application/json"},
        "response_headers": {"content-type": "application/json"},
        "request": side(request),
        "response": side(response),
    } | facts


def part(log_id: str, side: str, number: int, body: bytes) -> dict[str, Any]:
    """Return a piece of a large body."""
    return {"log_id": log_id, "side": side, "number": number, "bytes": base64.b64encode(body).decode()}


def take_attempts(*events: dict[str, Any]) -> list[UUID]:
    """Hand usage events over to the log, and return their ids."""
    _take("request_log_take_attempts", events)
    return [UUID(event["event_id"]) for event in events]


def take_calls(*records: dict[str, Any]) -> list[UUID]:
    """Hand records of calls and pieces of bodies over, and return the ids of the calls."""
    _take("request_log_take_calls", records)
    return [UUID(record["id"]) for record in records if "id" in record]


def _take(function: str, records: tuple[dict[str, Any], ...]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [[json.dumps(record) for record in records]])
