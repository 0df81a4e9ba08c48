"""Many processes at once: wallets are never overdrawn, events are charged once, and nobody waits for ever."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection

from billing.rating import services as rating
from billing.rating import verification
from billing.rating.models import Charge, PeriodUsage, UsageInbox
from billing.wallets import services as wallets
from billing.wallets.models import Lease, Wallet
from tests.factories.billing import NOON, Process, funded_wallet, price_version, ship, usage_event, usd

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run all of it in threads of their own and return what came out. The first error is raised."""

    def run(work: Callable[[], object]) -> object:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [each.result() for each in [pool.submit(run, work) for work in works]]


class TestParallelDraws:
    def test_grant_exactly_what_there_is(self):
        wallet = funded_wallet("10")

        granted = at_once(*[lambda: Process().draw(wallet, "1")[1] for _ in range(25)])

        assert sum(granted) == 10
        assert sorted(granted) == [0] * 15 + [1] * 10
        wallet.refresh_from_db()
        assert wallet.spendable == 0

    def test_of_one_lease_add_up(self):
        wallet, process = funded_wallet("100"), Process()
        lease, *_ = process.draw(wallet, "1")

        at_once(*[lambda: process.draw(wallet, "2", lease=lease) for _ in range(12)])

        assert Lease.objects.get().amount == 25


class TestParallelCredits:
    def test_with_one_key_credit_once(self):
        wallet = funded_wallet("0")

        def credit() -> object:
            return wallets.credit(
                wallet=wallet, amount=usd("5"), kind="grant", key="same", note="", by=None, now=NOON
            ).pk

        assert len(set(at_once(*[credit] * 8))) == 1
        wallet.refresh_from_db()
        assert (wallet.settled, wallet.seq) == (5, 1)


class TestParallelConsumers:
    def test_charge_every_event_once_while_everything_else_goes_on(self):
        price = price_version()
        funded = [funded_wallet("1000") for _ in range(12)]
        process = Process()
        leases = {wallet.pk: process.draw(wallet, "400")[0] for wallet in funded}
        chance = random.Random(11)
        events = [
            usage_event(
                wallet := chance.choice(funded),
                price,
                lease_id=leases[wallet.pk],
                hold=Decimal(2),
                usage={"output_tokens": chance.randint(0, 3)},
            )
            for _ in range(600)
        ]
        everything_sent, stop = threading.Event(), threading.Event()
        broken: list[verification.Violation] = []

        def ship_some(mine: list, seed: int) -> None:
            for start in range(0, len(mine), 25):
                part = mine[start : start + 25]
                ship(*part, *random.Random(seed + start).sample(events, 5))

        def ship_all() -> None:
            at_once(lambda: ship_some(events[:400], 1), lambda: ship_some(events[200:], 2))
            everything_sent.set()

        def consume() -> rating.Settled:
            total = rating.Settled()
            while True:
                done = everything_sent.is_set()
                settled = rating.settle(limit=37)
                total += settled
                if done and not settled.claimed:
                    return total

        def disturb() -> None:
            while not stop.is_set():
                process.renew()
                wallet = chance.choice(funded)
                process.draw(wallet, "1", lease=leases[wallet.pk])
                process.give_back(leases[wallet.pk], "1")
                rating.end_leases(grace_seconds=0)
                broken.extend(verification.verify())

        def consume_all() -> list[object]:
            try:
                return at_once(consume, consume, consume)
            finally:
                stop.set()

        _, totals, _ = at_once(ship_all, consume_all, disturb)

        assert broken == []
        assert sum(total.charges for total in totals) == len(events) == Charge.objects.count()
        assert not UsageInbox.objects.exists()
        for wallet in funded:
            wallet.refresh_from_db()
            mine = [min(event.usage["output_tokens"], 2) for event in events if event.wallet_id == str(wallet.pk)]
            assert wallet.usage == sum(mine)
            assert wallet.held == 400 - sum(mine)
        assert sum(PeriodUsage.objects.values_list("requests", flat=True)) == len(events)


class TestCallsOnAThinWallet:
    def test_are_charged_for_exactly_what_it_can_pay(self):
        """200 calls that cost 1 each, in parallel, on a wallet with 20."""
        wallet, price = funded_wallet("20"), price_version()

        def call() -> bool:
            lease, granted, _ = Process().draw(wallet, "1")
            if granted:
                ship(usage_event(wallet, price, lease_id=lease, hold=Decimal(1)))
            return granted == 1

        def caller() -> int:
            return sum(call() for _ in range(25))

        answered = at_once(*[caller] * 8)
        at_once(lambda: rating.settle(limit=7), lambda: rating.settle(limit=50))

        assert sum(answered) == 20
        wallet = Wallet.objects.get()
        assert (wallet.settled, wallet.usage, wallet.held) == (20, 20, 0)
