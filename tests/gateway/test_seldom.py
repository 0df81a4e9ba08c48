"""A log that is told of an outage, and not of every call that meets it."""

from __future__ import annotations

import logging

from gateway.seldom import Seldom

log = logging.getLogger("tests.seldom")


def test_a_thousand_calls_in_a_second_are_one_line_and_the_next_has_their_number(caplog):
    now = [100.0]
    seldom = Seldom(clock=lambda: now[0])

    for _ in range(1000):
        seldom.tell(log, logging.WARNING, "store.unavailable request=%s", "a")
    now[0] += 1
    seldom.tell(log, logging.WARNING, "store.unavailable request=%s", "b")

    assert caplog.messages == ["store.unavailable request=a count=1", "store.unavailable request=b count=1001"]
