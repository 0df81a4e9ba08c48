"""When a service is taken out of groups, and how it comes back."""

from __future__ import annotations

import pytest

from domain.routing.health import Health


def failed(health, times, now=0.0):
    for _ in range(times):
        health.failed("s", now)


class TestAService:
    def test_is_out_after_five_failures_in_a_row(self):
        health = Health()
        failed(health, 4)
        assert not health.is_out("s", 0)
        failed(health, 1)
        assert health.is_out("s", 4.9)

    def test_is_out_when_half_of_its_last_calls_fail(self):
        health = Health()
        for _ in range(5):
            health.succeeded("s", 0, 10)
            health.failed("s", 0)
        assert health.is_out("s", 1)

    def test_is_well_when_failures_are_few(self):
        health = Health()
        for place in range(100):
            health.failed("s", 0) if place % 4 == 0 else health.succeeded("s", 0, 10)
        assert not health.is_out("s", 0)

    def test_comes_back_by_one_probe_that_keeps_others_away(self):
        health = Health()
        failed(health, 5)
        assert not health.is_out("s", 5.1)
        health.begin("s", 5.1)
        assert health.is_out("s", 5.2)
        health.succeeded("s", 5.3, 10)
        assert not health.is_out("s", 5.4)

    def test_is_out_for_twice_as_long_after_a_failed_probe(self):
        health = Health()
        failed(health, 5)
        health.begin("s", 5.1)
        health.failed("s", 5.2)
        assert [health.is_out("s", now) for now in (10.0, 15.1, 15.3)] == [True, True, False]

    def test_is_not_out_for_longer_because_of_calls_from_before(self):
        health = Health()
        failed(health, 50)
        assert not health.is_out("s", 5.1)

    def test_may_be_probed_again_when_a_probe_told_nothing(self):
        health = Health()
        failed(health, 5)
        health.begin("s", 6)
        health.abandoned("s")
        assert not health.is_out("s", 6.1)

    def test_is_never_out_for_more_than_five_minutes(self):
        health, now = Health(), 0.0
        failed(health, 5)
        for _ in range(12):
            now += 400
            health.failed("s", now)
        assert not health.is_out("s", now + 301)


class TestWhatOthersTell:
    def watched(self):
        health, told = Health(), []
        health.on_news = lambda service_id, seconds: told.append((service_id, seconds))
        return health, told

    def test_is_told_when_a_service_goes_out_and_when_it_is_back_and_not_of_each_call(self):
        health, told = self.watched()
        failed(health, 7)
        health.failed("s", 5.1)
        health.succeeded("s", 15.2, 10)
        health.succeeded("s", 15.3, 10)
        assert told == [("s", 5.0), ("s", 10.0), ("s", 0.0)]

    def test_takes_a_service_out_and_puts_it_back(self):
        health, told = self.watched()
        health.heard("s", 5.0, 100.0)
        assert [health.is_out("s", now) for now in (100.0, 104.9, 105.1)] == [True, True, False]
        health.heard("s", 40.0, 106.0)
        health.heard("s", 0.0, 107.0)
        assert not health.is_out("s", 107.0)
        assert told == []  # who hears does not tell again

    def test_doubles_the_time_of_who_hears_and_then_fails_to_probe(self):
        health, told = self.watched()
        health.heard("s", 20.0, 0.0)
        health.begin("s", 20.1)
        health.failed("s", 20.2)
        assert told == [("s", 40.0)]

    def test_never_shortens_what_is_known_nor_lasts_longer_than_five_minutes(self):
        health, _ = self.watched()
        health.heard("s", 10_000.0, 0.0)
        health.heard("s", 5.0, 1.0)
        assert [health.is_out("s", now) for now in (299.9, 300.1)] == [True, False]


class TestLatency:
    def test_follows_what_is_measured(self):
        health = Health()
        health.succeeded("s", 0, 100)
        health.succeeded("s", 1, 200)
        assert health.latencies(1)["s"] == pytest.approx(120)

    def test_is_unknown_again_after_five_minutes(self):
        health = Health()
        health.succeeded("s", 0, 100)
        assert dict(health.latencies(299)) == {"s": 100}
        assert dict(health.latencies(301)) == {}
