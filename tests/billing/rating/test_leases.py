"""How leases end when their process is gone."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from billing.rating import services as rating
from billing.wallets.models import Lease, Wallet
from tests.factories.billing import Process, funded_wallet, price_version, ship, usage_event

pytestmark = pytest.mark.django_db


def expire(lease: UUID, at: str = "2020-01-01T00:00Z") -> None:
    Lease.objects.filter(pk=lease).update(expires_at=at)


def state_of(lease: UUID) -> tuple[str, Decimal]:
    return Lease.objects.values_list("state", "amount").get(pk=lease)


class TestRetiredLeases:
    def test_are_let_go_when_the_last_of_their_events_is_settled(self):
        wallet, price, old = funded_wallet("10"), price_version(), Process()
        lease, *_ = old.draw(wallet, "5")
        ship(usage_event(wallet, price, lease_id=lease, hold=Decimal(2)))
        Process().retire_earlier()

        assert rating.end_leases() == 0
        rating.settle(limit=10)
        assert state_of(lease) == ("retired", 4)
        assert rating.end_leases() == 1

        wallet.refresh_from_db()
        assert state_of(lease) == ("closed", 0)
        assert (wallet.usage, wallet.held) == (1, 0)

    def test_end_in_rounds_of_a_limited_size(self):
        wallet, old = funded_wallet("10"), Process()
        for _ in range(3):
            old.draw(wallet, "1")
        Process().retire_earlier()

        assert [rating.end_leases(limit=2) for _ in range(3)] == [2, 1, 0]
        assert Wallet.objects.get().held == 0


class TestExpiredLeases:
    def test_are_fenced_after_the_grace(self):
        wallet, process = funded_wallet("10"), Process()
        lease, *_ = process.draw(wallet, "5")
        expire(lease)

        assert rating.end_leases(grace_seconds=0) == 1

        wallet.refresh_from_db()
        assert state_of(lease) == ("fenced", 0)
        assert wallet.held == 0

    def test_stay_while_the_grace_lasts(self):
        lease, *_ = Process().draw(funded_wallet("10"), "5")
        assert rating.end_leases(grace_seconds=0) == 0

        expire(lease)
        assert rating.end_leases(grace_seconds=10 * 365 * 86_400) == 0
        assert state_of(lease) == ("open", 5)

    def test_stay_while_events_of_theirs_wait_in_the_inbox(self):
        wallet, price = funded_wallet("10"), price_version()
        lease, *_ = Process().draw(wallet, "5")
        ship(usage_event(wallet, price, lease_id=lease, hold=Decimal(5)))
        expire(lease)

        assert rating.end_leases(grace_seconds=0) == 0
        rating.settle(limit=10)
        assert rating.end_leases(grace_seconds=0) == 1
        assert Wallet.objects.get().usage == 1

    def test_close_when_they_hold_nothing_and_may_be_drawn_on_again(self):
        wallet, process = funded_wallet("10"), Process()
        lease, *_ = process.draw(wallet, "1")
        ship(usage_event(wallet, price_version(), lease_id=lease))
        rating.settle(limit=10)
        assert process.renew() == set()
        expire(lease)

        rating.end_leases(grace_seconds=0)
        assert state_of(lease) == ("closed", 0)

        process.draw(wallet, "2", lease=lease)
        assert state_of(lease) == ("open", 2)


class TestForgetting:
    def test_removes_leases_that_ended_long_ago_and_no_others(self):
        wallet, process = funded_wallet("10"), Process()
        ended, *_ = process.draw(wallet, "1")
        process.give_back(ended, "1")
        expire(ended)
        held, *_ = process.draw(wallet, "1")
        expire(held)
        recent, *_ = process.draw(wallet, "1")
        process.give_back(recent, "1")

        assert rating.forget_leases() == 1
        assert set(Lease.objects.values_list("pk", flat=True)) == {held, recent}
