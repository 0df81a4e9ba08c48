"""Whatever happens in whatever order, all money is where plain books say, and the verifier finds nothing.

MONEY_STEPS=100000 walks as many steps through ordinary years, and MONEY_SEED begins with another one.
"""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from common import jobs, ports
from tests.journeys.money.call_rules import CallRules
from tests.journeys.money.card_rules import CardRules
from tests.journeys.money.month_rules import MonthRules

STEPS = int(os.environ.get("MONEY_STEPS", "600"))
FIRST_SEED = int(os.environ.get("MONEY_SEED", "0"))
#: So many steps are a year; each begins with empty books.
YEAR = 300
PROVE_EVERY = 25

pytestmark = pytest.mark.django_db


class Money(CardRules, CallRules, MonthRules):
    """All rules at once."""

    @invariant()
    def holds(self) -> None:
        self.agrees()
        self.steps += 1
        if self.steps % PROVE_EVERY == 0:
            self.agrees_in_all()

    def teardown(self) -> None:
        try:
            self.agrees_in_all()
        finally:
            super().teardown()


def year(seed: int, steps: int) -> None:
    """Take steps in the proportions of ordinary months. A seed is always the same year."""
    chance = random.Random(seed)
    r = chance.randrange
    money = Money()
    happens = {
        "call": (34, lambda: money.call(r(99), r(7), 1 + r(3), chance.choice([0, 0, 0, 0, 2, 40]),
                                        chance.choice(["completed"] * 6 + ["failed"]), r(4) > 0, r(4))),
        "settle": (16, lambda: money.settle(1 + r(6))),
        "hold": (12, lambda: money.hold(r(99), r(2), chance.choice(["0.5", "3", "20"]), r(3) > 0)),
        "top up": (7, lambda: money.top_up(r(99), chance.choice(["5", "12.34", "60"]), r(5))),
        "wait": (10, lambda: money.wait(chance.choice([1, 20, 100, 400]))),
        "close": (8, lambda: money.close(r(99))),
        "renew": (8, lambda: money.renew(r(99))),
        "give back": (4, lambda: money.give_back(r(99), 1 + r(3))),
        "send again": (3, lambda: money.send_again(r(99))),
        "end leases": (4, lambda: money.end_leases(r(3) == 0)),
        "crash": (2, lambda: money.crash_and_come_back(r(2))),
        "refund": (3, lambda: money.refund(r(99), 1 + r(3), r(5) == 0)),
        "refund news": (3, lambda: money.hear_of_a_refund(r(99), chance.choice(["succeeded", "failed", "pending"]))),
        "payment news": (2, lambda: money.hear_of_a_payment_again(r(99))),
        "charge back": (2, lambda: money.charge_back(r(99))),
        "decide": (2, lambda: money.decide_chargeback(r(99), r(2) == 0)),
        "grant": (3, lambda: money.grant(r(99), chance.choice(["0.000000000001", "0.333333333333", "4"]))),
        "reverse": (2, lambda: money.reverse_grant(r(99))),
        "lend": (1, lambda: money.lend(r(99), chance.choice(["0", "2.5", "10"]))),
        "price": (2, lambda: money.change_price(chance.choice(["1", "0.3", "0.000001", "2.5", "4", "4"]))),
        "promote": (3, lambda: money.promote(r(2), r(2) == 0, r(4), r(3) == 0)),
        "pause": (2, lambda: money.pause(r(99))),
        "redeem": (2, lambda: money.redeem(r(99))),
        "subscribe": (4, lambda: money.subscribe(r(99))),
        "cancel": (1, lambda: money.cancel(r(99), r(2) == 0)),
        "dispute": (4, lambda: money.give_credit_for_a_call(r(99), 1 + r(3))),
        "invoice": (5, lambda: money.invoice()),
        "pay out": (5, lambda: money.pay_out(r(4) == 0)),
        "take back": (1, lambda: money.take_payout_back(r(99), r(3) == 0)),
        "move": (1, lambda: money.move(r(99), chance.choice(["UTC", "Asia/Kolkata", "Pacific/Auckland"]))),
    }  # fmt: skip
    try:
        for name in chance.choices(list(happens), [weight for weight, _ in happens.values()], k=steps):
            happens[name][1]()
            money.holds()
    finally:
        money.teardown()


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave out what moves no money: mails, and what gateways and enrollments are told."""
    monkeypatch.setattr(jobs, "enqueue", lambda *_, **__: None)
    monkeypatch.setattr(ports.publish, "_function", lambda *_: None)
    monkeypatch.setattr(ports.enrollment_access, "_function", lambda *_: None)
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


class TestMoney:
    def test_is_where_plain_books_say_whatever_happens(self):
        run_state_machine_as_test(
            Money,
            settings=settings(
                max_examples=8,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )

    @pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + max(STEPS // YEAR, 1)))
    def test_is_there_through_a_year(self, seed):
        year(seed, YEAR)
