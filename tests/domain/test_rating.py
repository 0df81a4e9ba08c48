"""What a call costs: docs/algorithms/settlement.md, "What is charged"."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from domain import pricing, rating
from domain.usage import UsageEvent

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
_ID = "00000000-0000-4000-8000-000000000001"
EVENT = UsageEvent(
    event_id=_ID,
    team_id=_ID,
    wallet_id=_ID,
    service_id=_ID,
    enrollment_id=None,
    api_key_id=None,
    price_version_id=_ID,
    currency="USD",
    channel="managed",
    lease_id=None,
    hold=Decimal(10),
    usage={"input_tokens": 1000, "output_tokens": 500},
    status=200,
    outcome="completed",
    flags=(),
    started_at=NOON,
    finished_at=NOON + timedelta(seconds=1),
    gateway_id="gateway-1",
)
TOKENS = {"type": "one_thousand_tokens", "input": "1", "output": "2"}
PER_CALL = {"type": "constant", "price": "0.01"}
BOTH = {"type": "add", "prices": [PER_CALL, TOKENS]}
PER_SECOND = {"type": "one_second", "price": "1"}


def rated(price: dict[str, object], **facts: object) -> rating.Rating:
    return rating.rate(replace(EVENT, **facts), pricing.compile(price))


class TestRate:
    @pytest.mark.parametrize(
        ("price", "facts", "cost"),
        [
            (TOKENS, {}, "2"),
            (TOKENS, {"outcome": "interrupted"}, "2"),
            (TOKENS, {"outcome": "interrupted", "usage": {}}, "0"),
            (TOKENS, {"outcome": "failed"}, "0"),
            (TOKENS, {"outcome": "refused"}, "0"),
            (TOKENS, {"status": 400}, "0"),
            (TOKENS, {"status": 503}, "0"),
            (TOKENS, {"status": 0, "outcome": "interrupted"}, "0"),
            (PER_CALL, {}, "0.01"),
            (PER_CALL, {"usage": {}}, "0.01"),
            (PER_CALL, {"status": 399}, "0.01"),
            (PER_CALL, {"status": 400}, "0"),
            (PER_CALL, {"outcome": "interrupted"}, "0"),
            (PER_CALL, {"outcome": "failed"}, "0"),
            (BOTH, {}, "2.01"),
            (BOTH, {"outcome": "interrupted"}, "2.01"),
            (BOTH, {"outcome": "interrupted", "usage": {}}, "0"),
            ({"type": "one_million_tokens", "price": "0.0000000005"}, {}, "0.000000000001"),
        ],
    )
    def test_charges_what_was_answered(self, price, facts, cost):
        assert rated(price, **facts) == rating.Rating(Decimal(cost))

    def test_flags_a_usage_that_lacks_what_the_price_asks_for(self):
        assert rated(TOKENS, usage={}) == rating.Rating(Decimal(0), ("metric_missing",))

    def test_says_why_a_usage_cannot_be_priced(self):
        found = rated(PER_SECOND)

        assert found.cost == 0
        assert "second" in found.error

    def test_takes_no_part_of_a_token_for_one(self):
        assert rated(TOKENS, usage={"input_tokens": 3, "output_tokens": Decimal(500)}).cost == Decimal("1.003")
        for part in ("output_tokens", "images_generated"):  # whether the price asks for it or not
            assert "whole number" in rated(TOKENS, usage={"input_tokens": 3, part: Decimal("0.5")}).error

    @pytest.mark.parametrize("price", [{"type": "constant", "price": "-1"}, {"type": "step", "price": "999999999999"}])
    def test_does_not_believe_a_cost_below_zero_or_beyond_all_measure(self, price):
        found = rated(price, usage={"count": 10})

        assert found.cost == 0
        assert "cannot cost" in found.error

    @pytest.mark.parametrize("rate", ["1000", "10000", "100000", "999999", "1000000", "999999999999"])
    def test_does_not_believe_a_report_of_very_many_tokens_either(self, rate):
        price, usage = {"type": "one_token", "price": rate}, {"input_tokens": 10**12}

        assert rated(price, usage=usage).error
        assert rating.due(replace(EVENT, usage=usage), pricing.compile(price)) == 0


class TestDue:
    def test_is_the_cost_and_at_most_the_hold(self):
        price = pricing.compile(TOKENS)

        assert rating.due(EVENT, price) == 2
        assert rating.due(replace(EVENT, hold=Decimal("1.5")), price) == Decimal("1.5")
        assert rating.due(replace(EVENT, outcome="failed"), price) == 0
