"""Many workers at once, really committed: one wallet, one charge."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from billing.payments.models import TopUp, TopUpState
from billing.payments.services import applying, attending, chargebacks, refunds, top_ups
from billing.rating import verification
from tests.factories.billing import NOON, usd
from tests.factories.payments import now_in, pay, spend, stand, start, wallet_with_card
from tests.fakes.stripe.faults import Fault

pytestmark = pytest.mark.usefixtures("transactional_db")


def at_once(number: int, work: Callable[[int], object]) -> list[object]:
    """Let so many threads do it at the same moment; return what each got."""
    together = threading.Barrier(number)

    def one(index: int) -> object:
        try:
            connection.ensure_connection()
            together.wait(60)
            return work(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(one, range(number)))


class TestBelowTheThreshold:
    def test_64_workers_make_one_charge(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        pay(stripe_processor, wallet, "25", card)
        spend(wallet, "21")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("common.jobs.enqueue", lambda *_, **__: None)
            stand(wallet, card)
            made = at_once(64, lambda _: attending.attend(wallet_id=wallet.pk, processor=stripe_processor, now=NOON))

        assert len([each for each in made if each is not None]) == 1
        assert [intent["amount"] for intent in stripe.objects("payment_intent")] == [2500, 2100]
        assert now_in(wallet).available == 25
        assert verification.verify() == []


class TestTheSameNews:
    def test_of_a_payment_is_booked_once(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        top_up = start(wallet, "10", card)
        stripe.faults.add(Fault.LOST_AFTER, "POST /v1/payment_intents")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("common.jobs.enqueue", lambda *_, **__: None)
            top_ups.ask(top_up=top_up, processor=stripe_processor, now=NOON)
            (paid,) = list(stripe_processor.payments(since=NOON - timedelta(days=9999)))

            at_once(12, lambda _: applying.apply_payment(payment=paid, now=NOON))

        assert now_in(wallet).settled == 10
        assert TopUp.objects.get().state == TopUpState.SUCCEEDED

    def test_of_a_chargeback_is_booked_once(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        top_up = pay(stripe_processor, wallet, "25", card)
        stripe.dispute(top_up.payment_id)
        (taken,) = list(stripe_processor.disputes(since=NOON - timedelta(days=9999)))

        at_once(8, lambda _: chargebacks.apply_dispute(dispute=taken, now=NOON))

        assert now_in(wallet).settled == 0
        assert verification.verify() == []


class TestTheSameForm:
    def test_makes_one_top_up(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        order = top_ups.Order(usd("10"), uuid4(), card, "Visa")

        def send(_: int) -> object:
            top_up = top_ups.begin(wallet=wallet, order=order, by=None, now=NOON)
            return top_ups.go_on(top_up=top_up, processor=stripe_processor, return_url="http://x/", now=NOON)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("common.jobs.enqueue", lambda *_, **__: None)
            at_once(8, send)

        assert len(stripe.objects("charge")) == 1
        assert TopUp.objects.count() == 1

    def test_makes_one_refund_and_two_forms_no_more_than_there_is(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        pay(stripe_processor, wallet, "25", card)
        key = uuid4()

        def ask(index: int) -> object:
            own = key if index % 2 else uuid4()
            try:
                return refunds.request(wallet=wallet, amount=usd("15"), request_key=own, by=None, now=NOON)
            except refunds.NotRefundable:
                return None

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("common.jobs.enqueue", lambda *_, **__: None)
            at_once(8, ask)

        assert now_in(wallet).settled == 10
        assert verification.verify() == []


class TestKilled:
    """A worker that dies between the processor's yes and our commit."""

    def test_is_healed_by_the_sweep_with_the_same_payment(self, stripe, stripe_processor, monkeypatch):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        monkeypatch.setattr("common.jobs.enqueue", lambda *_, **__: None)
        stand(wallet, card)

        class Killed(BaseException):
            pass

        def die(**_: object) -> None:
            raise Killed

        with monkeypatch.context() as deadly:
            deadly.setattr(applying, "apply_payment", die)
            with pytest.raises(Killed):
                attending.attend(wallet_id=wallet.pk, processor=stripe_processor, now=NOON)
        top_up = TopUp.objects.select_related("wallet__team").get()
        assert (top_up.state, top_up.payment_id, len(stripe.objects("charge"))) == (TopUpState.PENDING, None, 1)
        assert attending.attend(wallet_id=wallet.pk, processor=stripe_processor, now=NOON) is None

        top_ups.recover(top_up=top_up, processor=stripe_processor, now=NOON + timedelta(minutes=3))

        assert len(stripe.objects("charge")) == 1
        assert now_in(wallet).settled == 25
