"""The SQL functions with which a gateway borrows money."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from billing.wallets.models import Lease, Wallet
from tests.factories.billing import Process, funded_wallet

pytestmark = pytest.mark.django_db


def held(wallet: Wallet) -> Decimal:
    return Wallet.objects.get(pk=wallet.pk).held


def sqlstate_of(call) -> str:
    with pytest.raises(DatabaseError) as raised, transaction.atomic():
        call()
    return raised.value.__cause__.sqlstate


class TestDraw:
    def test_grants_what_is_wanted_while_the_wallet_can_bear_it(self):
        wallet = funded_wallet("10")

        _, granted, spendable = Process().draw(wallet, "4")

        assert (granted, spendable, held(wallet)) == (4, 6, 4)

    def test_grants_the_rest_between_minimum_and_wanted(self):
        wallet = funded_wallet("3")

        _, granted, spendable = Process().draw(wallet, "4", minimum="1")

        assert (granted, spendable) == (3, 0)

    def test_grants_nothing_below_the_minimum_and_writes_no_lease(self):
        wallet = funded_wallet("3")

        lease, granted, spendable = Process().draw(wallet, "5", minimum="4")

        assert (granted, spendable, held(wallet)) == (0, 3, 0)
        assert not Lease.objects.filter(pk=lease).exists()

    def test_reaches_into_the_credit_limit_and_no_further(self):
        wallet = funded_wallet("1", credit_limit="2")

        _, granted, spendable = Process().draw(wallet, "9", minimum="0")

        assert (granted, spendable) == (3, 0)

    def test_extends_a_lease(self):
        wallet, process = funded_wallet("10"), Process()
        lease, *_ = process.draw(wallet, "2")

        process.draw(wallet, "3", lease=lease)

        assert Lease.objects.get(pk=lease).amount == 5 == held(wallet)

    @pytest.mark.parametrize(
        ("minimum", "wanted"),
        [("-1", "1"), ("2", "1"), ("NaN", "1"), ("1", "NaN"), ("1", "Infinity"), ("0.0000000000001", "1")],
    )
    def test_refuses_amounts_that_make_no_sense(self, minimum, wanted):
        wallet = funded_wallet("10")

        assert sqlstate_of(lambda: Process().draw(wallet, wanted, minimum=minimum)) == "22023"
        assert held(wallet) == 0

    def test_refuses_an_unknown_wallet(self):
        assert sqlstate_of(lambda: Process().draw(Wallet(pk=uuid4()), "1")) == "P0002"

    def test_refuses_the_lease_of_another_process_or_wallet(self):
        wallet, process = funded_wallet("10"), Process()
        lease, *_ = process.draw(wallet, "2")

        assert sqlstate_of(lambda: Process().draw(wallet, "1", lease=lease)) == "22023"
        assert sqlstate_of(lambda: process.draw(funded_wallet("5"), "1", lease=lease)) == "22023"


class TestReturn:
    def test_gives_back_a_part(self):
        wallet, process = funded_wallet("10"), Process()
        lease, *_ = process.draw(wallet, "4")

        assert process.give_back(lease, "1.5") == Decimal("2.5") == held(wallet)

    def test_closes_a_lease_that_gave_back_all_and_the_next_draw_opens_it_again(self):
        wallet, process = funded_wallet("10"), Process()
        lease, *_ = process.draw(wallet, "4")

        process.give_back(lease, "4")
        assert Lease.objects.get(pk=lease).state == "closed"

        process.draw(wallet, "1", lease=lease)
        assert Lease.objects.get(pk=lease).state == "open"
        assert held(wallet) == 1

    @pytest.mark.parametrize("amount", ["1.5", "4"])
    def test_changes_nothing_when_it_is_repeated(self, amount):
        wallet, process = funded_wallet("10"), Process()
        lease, *_ = process.draw(wallet, "4")
        left = process.give_back(lease, amount, number=1)

        assert process.give_back(lease, amount, number=1) == left == held(wallet)

        process.draw(wallet, "2", lease=lease)
        assert process.give_back(lease, "1", number=2) == left + 1 == held(wallet)
        assert process.give_back(lease, amount, number=1) == left + 1 == held(wallet)

    @pytest.mark.parametrize("amount", ["0", "-1", "4.000000000001", "NaN"])
    def test_refuses_more_than_the_lease_has_and_nonsense(self, amount):
        wallet, process = funded_wallet("10"), Process()
        lease, *_ = process.draw(wallet, "4")

        assert sqlstate_of(lambda: process.give_back(lease, amount)) == "22023"
        assert held(wallet) == 4


class TestRenewAndRetire:
    def test_renews_the_open_leases_of_one_process(self):
        wallet, process, other = funded_wallet("10"), Process(), Process()
        mine, *_ = process.draw(wallet, "1", ttl=1)
        theirs, *_ = other.draw(wallet, "1", ttl=1)
        before = {lease.pk: lease.expires_at for lease in Lease.objects.all()}

        assert process.renew(ttl=600) == {mine}
        after = {lease.pk: lease.expires_at for lease in Lease.objects.all()}
        assert after[mine] > before[mine]
        assert after[theirs] == before[theirs]

    def test_retires_what_earlier_lives_left_and_keeps_their_money_held(self):
        wallet, old, new = funded_wallet("10"), Process(), Process()
        left, *_ = old.draw(wallet, "1")
        kept, *_ = new.draw(wallet, "1")
        elsewhere, *_ = Process("gateway-2").draw(wallet, "1")

        assert new.retire_earlier() == 1

        states = dict(Lease.objects.values_list("pk", "state"))
        assert states == {left: "retired", kept: "open", elsewhere: "open"}
        assert held(wallet) == 3
        assert sqlstate_of(lambda: old.draw(wallet, "1", lease=left)) == "55000"
        assert sqlstate_of(lambda: old.give_back(left, "1")) == "55000"
