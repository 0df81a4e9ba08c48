"""Months are closed while calls are settled: nothing is lost, nothing is on two statements, no number is missing."""

from __future__ import annotations

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from billing.ledger.models import TransactionKind
from billing.rating import services as rating
from billing.rating.models import Charge, UsageInbox
from billing.statements.models import Statement, StatementCounter, StatementLine
from billing.statements.services import closing
from billing.wallets.models import Wallet
from tests.factories.accounts import TeamFactory
from tests.factories.billing import price_version, ship, usage_event
from tests.factories.books import broken_rules
from tests.factories.statements import CHAT, IMAGES, PRICE, at, closed, moved, opened

pytestmark = pytest.mark.django_db(transaction=True)
STARTS, ENDS = at("2026-10-31 23:00"), at("2026-11-30 23:00")


@pytest.fixture(autouse=True)
def _nothing_is_rendered(monkeypatch):
    """These months are closed, not printed."""
    monkeypatch.setattr(closing.jobs, "enqueue", lambda *_, **__: None)


def at_once(*works):
    """Run all of it in threads of their own and return what came out. The first error is raised."""

    def run(work):
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [each.result() for each in [pool.submit(run, work) for work in works]]


class TestClosingWhileCallsAreSettled:
    def test_loses_nothing_and_doubles_nothing(self):
        """16 consumers settle November and December, late calls and doubles among them, while both are closed."""
        chance = random.Random(7)
        found = [opened(TeamFactory(timezone="Europe/Vienna"), at("2026-11-02 12:00")) for _ in range(6)]
        for wallet in found:
            moved(wallet, "100000", TransactionKind.TOP_UP, at("2026-11-02 12:00"))
        price = price_version(PRICE)
        events = [
            usage_event(
                chance.choice(found),
                price,
                service_id=chance.choice([CHAT, IMAGES]),
                usage={"output_tokens": chance.randint(0, 5)},
                started_at=(when := STARTS + timedelta(hours=chance.randint(48, 1430))),
                finished_at=when,
            )
            for _ in range(480)
        ]
        sent, one_closed, settled, broken = threading.Event(), threading.Event(), threading.Event(), []

        def send() -> None:
            for start in range(0, len(events), 20):
                ship(*events[start : start + 20], *chance.sample(events, 3))
                if start == 240:  # the rest comes when there are statements already, so some of it is late
                    one_closed.wait(60)
            sent.set()

        def consume() -> int:
            charges = 0
            while True:
                done = sent.is_set()
                batch = rating.settle(limit=9)
                charges += batch.charges
                if done and not batch.claimed:
                    return charges

        def consume_all() -> list[int]:
            try:
                return at_once(*[consume] * 16)
            finally:
                settled.set()

        def close() -> None:
            while Charge.objects.count() < 60:
                settled.wait(0.01)
            for wallet in found:
                closed(wallet, ENDS + timedelta(hours=7))
                one_closed.set()
            while not settled.is_set():
                broken.extend(broken_rules())

        _, charges, _ = at_once(send, consume_all, close)
        for wallet in found:
            closed(wallet, ENDS + timedelta(days=70))

        assert broken == []
        assert broken_rules() == []
        assert sum(charges) == len(events) == Charge.objects.count()
        assert not UsageInbox.objects.exists()
        late = [bool(line.late_months) for line in StatementLine.objects.filter(kind="usage")]
        assert {True, False} == set(late)
        for wallet in found:
            used = sum(event.usage["output_tokens"] for event in events if event.wallet_id == str(wallet.pk))
            lines = StatementLine.objects.filter(statement__wallet=wallet)
            assert sum(line.net for line in lines) == used
            wallet.refresh_from_db()
            assert (wallet.settled, wallet.usage) == (100000 - used, 0)

    def test_of_one_wallet_by_sixteen_workers_makes_one_statement(self):
        wallet = opened(TeamFactory(), at("2026-11-02 12:00"))
        moved(wallet, "50", TransactionKind.TOP_UP, at("2026-11-02 12:00"))
        price = price_version(PRICE)
        when = at("2026-11-03 12:00")
        ship(usage_event(wallet, price, usage={"output_tokens": 3}, started_at=when, finished_at=when))
        rating.settle(limit=10)

        at_once(*[lambda: closed(wallet, at("2026-12-02 12:00"))] * 16)

        assert Statement.objects.get().usage == 3
        assert Wallet.objects.get().settled == 47


class TestNumbers:
    def test_have_no_gap_when_sixteen_close_at_once_and_some_fail(self, monkeypatch):
        found = [opened(TeamFactory(), at("2026-11-02 12:00")) for _ in range(16)]
        for wallet in found:
            moved(wallet, "50", TransactionKind.TOP_UP, at("2026-11-02 12:00"))
        unlucky = {wallet.pk for wallet in found[::3]}

        def fail_for_some(name: str, **arguments: str) -> None:
            """The last thing that a closing does, after it has taken its number."""
            if Statement.objects.get(pk=arguments["statement_id"]).wallet_id in unlucky:
                raise RuntimeError("the machine went away")

        def close(wallet: Wallet) -> str:
            try:
                [statement] = closed(wallet, at("2026-12-02 12:00"))
            except RuntimeError:
                return "failed"
            return statement.number

        with monkeypatch.context() as patch:
            patch.setattr(closing.jobs, "enqueue", fail_for_some)
            results = at_once(*[lambda wallet=wallet: close(wallet) for wallet in found])
        assert Counter(results)["failed"] == 6
        again = at_once(*[lambda wallet=wallet: close(wallet) for wallet in found if wallet.pk in unlucky])

        numbers = sorted(each for each in [*results, *again] if each != "failed")
        assert numbers == [f"2026-{number:06}" for number in range(1, 17)]
        assert StatementCounter.objects.get().last == 16
        assert sum(Statement.objects.values_list("top_ups", flat=True)) == Decimal(800)
