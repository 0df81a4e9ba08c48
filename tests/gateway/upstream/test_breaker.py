"""When a host is left alone, and when it is tried again."""

from __future__ import annotations

import pytest

from gateway.upstream.breaker import FAILURES, Breaker
from gateway.upstream.errors import UpstreamOpen


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(clock)


def is_open(breaker: Breaker) -> bool:
    try:
        breaker.check("https://a", "a")
    except UpstreamOpen:
        return True
    return False


class TestABreaker:
    def test_opens_after_failures_in_a_row(self, breaker):
        for _ in range(FAILURES - 1):
            breaker.failed("https://a")
        assert not is_open(breaker)
        breaker.failed("https://a")
        assert is_open(breaker)
        breaker.check("https://b", "b")  # another host is not its business

    def test_counts_anew_after_an_answer(self, breaker):
        for _ in range(3):
            for _ in range(FAILURES - 1):
                breaker.failed("https://a")
            breaker.answered("https://a")
        assert not is_open(breaker)

    def test_lets_one_call_try(self, breaker, clock):
        for _ in range(FAILURES):
            breaker.failed("https://a")
        clock.now += 2
        assert [is_open(breaker), is_open(breaker)] == [False, True]
        breaker.answered("https://a")
        assert [is_open(breaker), is_open(breaker)] == [False, False]

    def test_waits_twice_as_long_when_that_fails_up_to_a_minute(self, breaker, clock):
        for _ in range(FAILURES):
            breaker.failed("https://a")
        waits = []
        for _ in range(7):
            with pytest.raises(UpstreamOpen) as error:
                breaker.check("https://a", "a")
            waits.append(error.value.seconds)
            clock.now += error.value.seconds
            assert not is_open(breaker)
            breaker.failed("https://a")
        assert waits == [2, 4, 8, 16, 32, 60, 60]

    def test_lets_another_one_try_when_the_first_told_nothing(self, breaker, clock):
        for _ in range(FAILURES):
            breaker.failed("https://a")
        clock.now += 2
        assert not is_open(breaker)
        breaker.told_nothing("https://a")
        assert not is_open(breaker)
