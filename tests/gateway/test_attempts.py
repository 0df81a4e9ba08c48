"""What the gateway writes by hand is what the settlement reads: the same event as the model itself writes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain import pricing
from domain.rating import due, rate
from domain.usage import UsageEvent, from_bytes
from gateway import attempts

KNOWN = {
    "event_id": "01a1fef4-fc0c-7779-9775-6523f7771267",
    "team_id": "7d0d8e0e-0000-4000-8000-00000000000a",
    "wallet_id": "7d0d8e0e-0000-4000-8000-00000000000b",
    "service_id": "7d0d8e0e-0000-4000-8000-00000000000c",
    "enrollment_id": None,
    "api_key_id": "7d0d8e0e-0000-4000-8000-00000000000d",
    "price_version_id": "7d0d8e0e-0000-4000-8000-00000000000e",
    "currency": "USD",
    "channel": "défaut",
    "lease_id": "7d0d8e0e-0000-4000-8000-00000000000f",
    "gateway_id": "gateway-1",
    "method": "POST",
    "path": '/p/a"b\\c',
    "routing_key": {"model": "gpt-“4”"},
    "request_bytes": 17,
}
#: 2026-11-21 12:00:00.123 UTC
STARTED_MS = 1_795_262_400_123
TOKENS = pricing.compile({"type": "one_million_tokens", "input": "3", "output": "15"})


def attempt(**changes: object) -> attempts.AttemptEvent:
    own = {name: KNOWN[name] for name in ("event_id", "wallet_id", "lease_id", "request_bytes")}
    shared = attempts.fixed(**{name: value for name, value in KNOWN.items() if name not in own})
    values = {
        "beginning": attempts.beginning(shared, started_ms=STARTED_MS, hold=Decimal("0.010000000000"), **own),
        "hold": Decimal("0.010000000000"),
        "channel": "défaut",
        "usage": {"input_tokens": 1400, "seconds": Decimal("1.250"), "count": 1},
        "status": 200,
        "outcome": "completed",
        "flags": ("estimated",),
        "finished_ms": STARTED_MS + 999,
        "response_bytes": 631,
        "latency_ms": 12.345,
        "ttfb_ms": None,
    }
    return attempts.AttemptEvent(**{**values, **changes})


def model(event: attempts.AttemptEvent) -> UsageEvent:
    """The event as the model is made by hand."""
    return UsageEvent(
        **KNOWN,
        hold=event.hold,
        usage=dict(event.usage),
        status=event.status,
        outcome=event.outcome,
        flags=event.flags,
        started_at=datetime(2026, 11, 21, 12, 0, 0, 123_000, UTC),
        finished_at=datetime(2026, 11, 21, 12, 0, 1, 122_000, UTC),
        response_bytes=event.response_bytes,
        latency_ms=event.latency_ms,
        ttfb_ms=event.ttfb_ms,
    )


class TestAnAttempt:
    @pytest.mark.parametrize(
        "changes",
        [{}, {"usage": {}, "status": 0, "outcome": "failed", "flags": ()}, {"ttfb_ms": 3.5, "outcome": "interrupted"}],
    )
    def test_is_written_as_the_model_writes_it(self, changes):
        event = attempt(**changes)
        assert from_bytes(event.to_bytes()) == model(event)

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, "0.0042"),
            ({"usage": {"input_tokens": 10_000_000}}, "0.01"),
            ({"status": 404}, "0"),
            ({"outcome": "failed"}, "0"),
            ({"outcome": "interrupted", "usage": {}}, "0"),
            ({"usage": {"input_tokens": -1}}, "0"),
        ],
    )
    def test_takes_out_of_its_lease_what_settlement_will_charge(self, changes, expected):
        event = attempt(**changes)
        assert due(event, TOKENS) == Decimal(expected) == min(rate(model(event), TOKENS).cost, event.hold)
