"""The contract on the way back: there and back again, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.event_ids import new_event_id
from domain.usage import UsageEvent, from_bytes, from_json

TEAM = "00000000-0000-4000-8000-000000000001"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def event(**facts):
    fields = {
        "event_id": new_event_id(1_795_262_400_000),
        "team_id": TEAM,
        "wallet_id": TEAM,
        "service_id": TEAM,
        "enrollment_id": None,
        "api_key_id": TEAM,
        "price_version_id": TEAM,
        "currency": "USD",
        "channel": "primary",
        "lease_id": TEAM,
        "hold": Decimal("0.012345678901"),
        "usage": {"input_tokens": 12, "seconds": Decimal("1.25")},
        "status": 200,
        "outcome": "completed",
        "flags": ("estimated", "hostile_usage"),
        "started_at": NOON,
        "finished_at": NOON + timedelta(milliseconds=1234),
        "gateway_id": "gateway-1",
        "path": "p/openai/chat/completions",
        "routing_key": {"model": "gpt"},
        "request_bytes": 100,
        "response_bytes": 1000,
        "latency_ms": 12.5,
    }
    return UsageEvent(**{**fields, **facts})


class TestUsageEvent:
    def test_comes_back_as_it_left(self):
        sent = event()

        assert from_bytes(sent.to_bytes()) == sent
        assert from_json(sent.to_json()) == sent
        assert from_json(json.loads(sent.to_bytes())) == sent

    def test_writes_decimals_as_text_and_times_with_their_zone(self):
        written = json.loads(event().to_bytes())

        assert (written["hold"], written["usage"]["seconds"]) == ("0.012345678901", "1.25")
        assert written["started_at"] == "2026-11-21T12:00:00Z"

    @given(
        st.dictionaries(
            st.sampled_from(["input_tokens", "seconds", "count"]),
            st.integers(0, 10**12) | st.decimals(0, 10**9, allow_nan=False, places=6),
        )
    )
    def test_keeps_every_amount_exactly(self, usage):
        assert from_bytes(event(usage=usage).to_bytes()).usage == usage

    @pytest.mark.parametrize(
        "usage",
        [
            {"input_tokens": -1},
            {"input_tokens": "-1"},
            {"input_tokens": "NaN"},
            {"input_tokens": "sNaN"},
            {"input_tokens": "Infinity"},
            {"input_tokens": True},
            {"input_tokens": None},
            {"input_tokens": []},
            {"input_tokens": 10**16},
            {"input_tokens": 1e300},
            {"Input": 1},
            {"": 1},
            {"a" * 51: 1},
            {f"metric_{number}": 1 for number in range(41)},
            [],
            None,
        ],
    )
    def test_refuses_usage_that_cannot_be(self, usage):
        with pytest.raises(ValueError):
            from_json({**event().to_json(), "usage": usage})
        with pytest.raises(ValueError):
            from_bytes(json.dumps({**event().to_json(), "usage": usage}))

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("event_id", "x"),
            ("event_id", TEAM.upper().replace("0", "A")),
            ("team_id", None),
            ("wallet_id", 5),
            ("currency", "usd"),
            ("currency", "US"),
            ("hold", "-1"),
            ("hold", "NaN"),
            ("hold", "0.0000000000001"),
            ("status", 1000),
            ("status", -1),
            ("outcome", "won"),
            ("flags", ["Not A Flag"]),
            ("flags", ["flag"] * 21),
            ("started_at", "2026-11-21T12:00:00"),
            ("finished_at", "yesterday"),
            ("gateway_id", "a\x00b"),
            ("path", "a\nb"),
            ("path", "a" * 2049),
            ("routing_key", "model"),
            ("request_bytes", -1),
            ("response_bytes", 1.5),
            ("latency_ms", -1),
            ("ttfb_ms", "NaN"),
        ],
    )
    def test_refuses_fields_that_cannot_be(self, field, value):
        with pytest.raises(ValueError):
            from_json({**event().to_json(), field: value})

    @pytest.mark.parametrize("field", ["event_id", "hold", "usage", "outcome", "started_at", "lease_id"])
    def test_refuses_missing_fields(self, field):
        fields = event().to_json()
        del fields[field]

        with pytest.raises(ValueError):
            from_json(fields)

    @pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"1", b"\xff"])
    def test_refuses_what_is_no_event_at_all(self, text):
        with pytest.raises(ValueError):
            from_bytes(text)

    @pytest.mark.parametrize(
        ("outcome", "status", "billable"),
        [
            ("completed", 200, True),
            ("interrupted", 200, True),
            ("completed", 400, False),
            ("failed", 200, False),
            ("refused", 200, False),
            ("interrupted", 0, False),
        ],
    )
    def test_is_billable_when_the_upstream_answered(self, outcome, status, billable):
        assert event(outcome=outcome, status=status).is_billable is billable

    def test_counts_in_the_month_in_which_it_ended(self):
        assert event(finished_at=NOON).period == datetime(2026, 11, 1, tzinfo=UTC)


class TestEventIds:
    def test_are_uuids_of_version_seven(self):
        assert new_event_id(0x0123456789AB, b"\xff" * 10) == "01234567-89ab-7fff-bfff-ffffffffffff"
        assert new_event_id(0, bytes(10)) == "00000000-0000-7000-8000-000000000000"

    def test_sort_by_time(self):
        ids = [new_event_id(now) for now in range(1000, 1100)]

        assert ids == sorted(ids)

    def test_differ_within_a_millisecond(self):
        assert len({new_event_id(5) for _ in range(1000)}) == 1000
