"""Payments that banks take back: the wallet pays, below its floor if need be, and lends nothing meanwhile."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from billing.payments.models import Chargeback, ChargebackState, Pause
from billing.payments.services import reconciling
from billing.rating import services as rating
from billing.wallets import services as wallets
from billing.wallets.models import Wallet
from tests.factories.accounts import UserFactory
from tests.factories.billing import NOON, Process, price_version, ship, usage_event, usd
from tests.factories.payments import now_in, pay, spend, stand, wallet_with_card

pytestmark = pytest.mark.django_db


@pytest.fixture
def taken(stripe, stripe_processor):
    """Return a function: a wallet with 25 paid and `spent` of it spent, of which the bank takes `amount` back."""

    def make(spent: str = "20", amount: int | None = None, **more):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        top_up = pay(stripe_processor, wallet, "25", card)
        if Decimal(spent):
            spend(wallet, spent)
        more.get("before", lambda *_: None)(wallet, card)
        dispute = stripe.dispute(top_up.payment_id, amount=amount)
        reconciling.reconcile(processor=stripe_processor, now=NOON)
        return wallet, dispute

    return make


class TestOpened:
    def test_takes_the_money_even_if_it_was_spent(self, taken):
        wallet, _ = taken()

        # 5 were left, 25 are gone
        assert (now_in(wallet).available, now_in(wallet).overdrawn) == (-20, 20)
        assert Chargeback.objects.get().state == ChargebackState.OPEN

    def test_overdraws_only_what_the_credit_limit_does_not_bear(self, taken):
        wallet, _ = taken(before=lambda wallet, _: wallets.set_credit_limit(wallet=wallet, limit=usd("8")))

        assert (now_in(wallet).available, now_in(wallet).overdrawn) == (-20, 12)

    def test_overdraws_nothing_when_the_money_is_there(self, taken):
        wallet, _ = taken(spent="0", amount=1000)

        assert (now_in(wallet).available, now_in(wallet).overdrawn) == (15, 0)

    def test_stops_automatic_top_ups_and_tells_owner_and_operators(self, taken, django_capture_on_commit_callbacks):
        UserFactory(operator=True, email="operator@example.org")
        with django_capture_on_commit_callbacks(execute=True):
            wallet, _ = taken(before=lambda wallet, card: stand(wallet, card))

        assert wallet.auto_top_up.paused_reason == Pause.CHARGEBACK
        subjects = {m.subject: m.to for m in mail.outbox}
        assert "Your bank took a payment of 25.00 USD back" in subjects
        assert subjects[f"Chargeback of 25.00 USD: {wallet.team}"] == ["operator@example.org"]

    def test_of_a_question_takes_nothing(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        top_up = pay(stripe_processor, wallet, "25", card)
        dispute = stripe.dispute(top_up.payment_id, is_inquiry=True)
        reconciling.reconcile(processor=stripe_processor, now=NOON)
        assert now_in(wallet).settled == 25

        stripe.escalate_dispute(dispute)
        reconciling.reconcile(processor=stripe_processor, now=NOON)
        assert now_in(wallet).settled == 0


class TestOverdrawn:
    def test_lends_nothing_to_new_calls(self, taken):
        wallet, _ = taken()

        _, granted, _ = Process().draw(wallet, "1", minimum="0.000000000001")

        assert granted == 0

    def test_lets_calls_that_were_promised_their_money_finish(self, taken):
        process, calls = Process(), {}

        def begin_call(wallet, _):
            calls["lease"], *_ = process.draw(wallet, "3")

        wallet, _ = taken(before=begin_call)
        ship(usage_event(wallet, price_version(), lease_id=calls["lease"], hold=Decimal(2)))
        rating.settle(limit=1)

        assert (now_in(wallet).usage, now_in(wallet).held) == (21, 2)
        # 25 are gone, 20 + 1 spent and 2 set aside, of 25
        assert now_in(wallet).overdrawn == 23

    def test_charges_late_calls_without_a_lease_nothing(self, taken):
        wallet, _ = taken()

        ship(usage_event(wallet, price_version()))
        rating.settle(limit=1)

        assert now_in(wallet).usage == 20

    @pytest.mark.parametrize(("paid_in", "left"), [("12", 8), ("20", 0), ("30", 0)])
    def test_shrinks_as_money_comes_in(self, taken, paid_in, left):
        wallet, _ = taken()

        wallets.credit(wallet=wallet, amount=usd(paid_in), kind="payment", key="x", note="", by=None, now=NOON)

        assert now_in(wallet).overdrawn == left

    def test_shrinks_when_a_call_gives_money_back_and_when_the_limit_rises(self, taken):
        process, calls = Process(), {}

        def begin_call(wallet, _):
            calls["lease"], *_ = process.draw(wallet, "3")

        wallet, _ = taken(before=begin_call)
        assert now_in(wallet).overdrawn == 23
        process.give_back(calls["lease"], "3")
        assert now_in(wallet).overdrawn == 20
        wallets.set_credit_limit(wallet=wallet, limit=usd("15"))
        assert now_in(wallet).overdrawn == 5

    def test_is_no_room_for_anything_else(self, taken):
        wallet, _ = taken()

        with pytest.raises(wallets.MoneyInUse, match="At most 0"):
            wallets.reverse(wallet=wallet, original=wallet.top_ups.get().transaction, note="", by=None, now=NOON)
        for change in ({"usage": Decimal("20.01")}, {"held": Decimal("0.01")}, {"settled": now_in(wallet).settled - 1}):
            with pytest.raises(IntegrityError, match="wallet_is_above_its_floor"), transaction.atomic():
                Wallet.objects.filter(pk=wallet.pk).update(**change)


class TestClosed:
    def test_brings_the_money_back_when_we_win(self, taken, stripe, stripe_processor):
        wallet, dispute = taken()
        stripe.decide_dispute(dispute, won=True)

        for _ in range(2):
            reconciling.reconcile(processor=stripe_processor, now=NOON)

        assert (now_in(wallet).available, now_in(wallet).overdrawn) == (5, 0)
        assert Chargeback.objects.get().state == ChargebackState.WON

    def test_is_heard_of_without_a_webhook_however_long_it_took(self, taken, stripe, stripe_processor):
        wallet, dispute = taken()
        stripe.decide_dispute(dispute, won=True)

        reconciling.reconcile(processor=stripe_processor, now=NOON + timedelta(days=60))

        assert now_in(wallet).available == 5
        assert Chargeback.objects.get().state == ChargebackState.WON

    def test_leaves_it_there_when_we_lose(self, taken, stripe, stripe_processor):
        wallet, dispute = taken()
        stripe.decide_dispute(dispute, won=False)

        reconciling.reconcile(processor=stripe_processor, now=NOON)

        assert now_in(wallet).overdrawn == 20
        assert Chargeback.objects.get().state == ChargebackState.LOST

    def test_tells_the_whole_story_when_it_was_heard_of_too_late(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        top_up = pay(stripe_processor, wallet, "25", card)
        stripe.decide_dispute(stripe.dispute(top_up.payment_id), won=True)

        reconciling.reconcile(processor=stripe_processor, now=NOON)

        kinds = [line.transaction.kind for line in wallet.entries.order_by("seq")]
        assert kinds == ["top_up", "chargeback", "reversal"]
        assert now_in(wallet).settled == 25
