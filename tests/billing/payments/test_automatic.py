"""Standing orders: one charge when the wallet falls to the threshold, and what stops them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from billing.payments import queries
from billing.payments.models import AutoTopUp, Pause, TopUp, TopUpState
from billing.payments.services import attending, attention, automatic, cards, reconciling, top_ups
from billing.wallets import services as wallet_services
from tests.factories.billing import NOON, usd
from tests.factories.payments import now_in, pay, spend, stand, wallet_with_card
from tests.fakes import mails
from tests.fakes.stripe.faults import Fault

pytestmark = pytest.mark.django_db
ASKS_EACH_TIME = "pm_card_authenticationRequired"
DECLINED_LATER = "pm_card_chargeCustomerFail"


def attend(wallet, processor, now=NOON):
    return attending.attend(wallet_id=wallet.pk, processor=processor, now=now)


def rule_of(wallet) -> AutoTopUp:
    return AutoTopUp.objects.get(wallet=wallet)


@pytest.fixture
def funded(stripe, stripe_processor):
    """A wallet with 25, of which 20.75 are spent, that is to be filled up to 25 from 5 on."""
    wallet, card = wallet_with_card(stripe, stripe_processor)
    pay(stripe_processor, wallet, "25", card)
    stand(wallet, card)
    spend(wallet, "20.75")
    return wallet


class TestCharge:
    def test_fills_the_wallet_up_to_the_target(self, funded, stripe_processor):
        top_up = attend(funded, stripe_processor)

        # 4.25 are left, 20.75 are missing to 25
        assert (top_up.kind, top_up.state, top_up.received) == ("automatic", TopUpState.SUCCEEDED, Decimal("20.75"))
        assert now_in(funded).available == 25

    def test_is_not_made_above_the_threshold(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        pay(stripe_processor, wallet, "25", card)
        stand(wallet, card)
        spend(wallet, "19.99")

        assert attend(wallet, stripe_processor) is None
        spend(wallet, "0.01")
        assert attend(wallet, stripe_processor) is not None

    def test_is_at_least_the_minimum_and_whole_cents(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        pay(stripe_processor, wallet, "10", card)
        stand(wallet, card, threshold="5", target="10")
        spend(wallet, "5.000000000001")

        assert attend(wallet, stripe_processor).amount == Decimal("5.01")

    def test_is_off_session_with_the_top_up_as_its_key(self, stripe, funded, stripe_processor):
        top_up = attend(funded, stripe_processor)

        asked = stripe.calls("POST /v1/payment_intents")[-1]
        assert asked.headers["idempotency-key"] == f"top_up:{top_up.pk}"
        assert stripe.object(top_up.payment_id)["metadata"]["reference"] == str(top_up.pk)

    def test_waits_while_one_is_under_way(self, stripe, funded, stripe_processor):
        stripe.faults.add(Fault.RESET_BEFORE, "POST /v1/payment_intents")

        first, second = attend(funded, stripe_processor), attend(funded, stripe_processor)

        assert (first.state, second) == (TopUpState.PENDING, None)

    def test_under_way_is_one_in_the_database_too(self, stripe, funded, stripe_processor):
        stripe.faults.add(Fault.RESET_BEFORE, "POST /v1/payment_intents")
        top_up = attend(funded, stripe_processor)

        with pytest.raises(IntegrityError, match="one_open_automatic_top_up"), transaction.atomic():
            TopUp.objects.create(
                wallet=top_up.wallet, kind="automatic", amount=Decimal(5), started_at=NOON, changed_at=NOON
            )

    def test_is_not_made_by_a_switched_off_order(self, funded, stripe_processor):
        automatic.switch_off(wallet=funded, now=NOON)

        assert attend(funded, stripe_processor) is None


class TestCeiling:
    def test_lets_the_month_have_so_much_and_no_more(
        self, stripe, stripe_processor, django_capture_on_commit_callbacks
    ):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        pay(stripe_processor, wallet, "20", card)
        stand(wallet, card, threshold="5", target="20", ceiling="32")
        charged = []
        for _ in range(3):
            spend(wallet, str(now_in(wallet).available - 1))
            top_up = attend(wallet, stripe_processor)
            charged.append(top_up.amount if top_up else None)

        # 19, then the 13 that the month's 32 leave, then nothing
        assert charged == [19, 13, None]
        assert rule_of(wallet).next_try_at == datetime(2026, 12, 1, tzinfo=UTC)
        assert attend(wallet, stripe_processor, datetime(2026, 12, 1, tzinfo=UTC)).amount == 19

    def test_leaves_whole_cents_to_charge_when_it_is_none_itself(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        pay(stripe_processor, wallet, "20", card)
        stand(wallet, card, threshold="5", target="20", ceiling="15.005")
        spend(wallet, "19")

        assert attend(wallet, stripe_processor).amount == 15
        assert rule_of(wallet).paused_reason == ""

    def test_is_told_once_a_month(self, stripe, stripe_processor, django_capture_on_commit_callbacks):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        pay(stripe_processor, wallet, "20", card)
        stand(wallet, card, threshold="5", target="20", ceiling="16")
        spend(wallet, "16")
        attend(wallet, stripe_processor)
        spend(wallet, "16")

        with django_capture_on_commit_callbacks(execute=True):
            attend(wallet, stripe_processor)
            AutoTopUp.objects.update(next_try_at=None)
            attend(wallet, stripe_processor)

        assert [m.subject for m in mail.outbox].count("The monthly limit of your automatic top-up is reached") == 1

    def test_counts_months_where_the_wallet_is(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        type(wallet).objects.filter(pk=wallet.pk).update(time_zone="Pacific/Auckland")
        stand(wallet, card, threshold="5", target="20", ceiling="20")
        last_of_october = datetime(2026, 10, 31, 10, 30, tzinfo=UTC)  # 23.30 in Auckland

        assert attend(wallet, stripe_processor, last_of_october).amount == 20
        spend(wallet, "20")
        assert attend(wallet, stripe_processor, last_of_october + timedelta(minutes=20)) is None
        assert attend(wallet, stripe_processor, last_of_october + timedelta(minutes=40)).amount == 20


class TestStop:
    def test_on_a_decline_until_the_owner_acts(self, stripe, stripe_processor, django_capture_on_commit_callbacks):
        wallet, card = wallet_with_card(stripe, stripe_processor, DECLINED_LATER)
        with django_capture_on_commit_callbacks(execute=False):
            stand(wallet, card)

        with django_capture_on_commit_callbacks(execute=True):
            top_up = attend(wallet, stripe_processor)

        assert (top_up.state, rule_of(wallet).paused_reason) == (TopUpState.FAILED, Pause.DECLINED)
        assert attend(wallet, stripe_processor, NOON + timedelta(days=30)) is None
        (written,) = [m for m in mail.outbox if m.subject == "Your automatic top-up has stopped"]
        assert "Your card was declined." in written.body
        assert [link.path for link in mails.opened(written.body)] == ["/wallet/auto-top-up"]

        automatic.resume(wallet=wallet, now=NOON)
        assert attend(wallet, stripe_processor) is not None

    @pytest.mark.parametrize("agrees", [True, False])
    def test_for_a_confirmation_that_its_owner_can_give(
        self, stripe, stripe_processor, agrees, django_capture_on_commit_callbacks
    ):
        wallet, card = wallet_with_card(stripe, stripe_processor, ASKS_EACH_TIME)
        stand(wallet, card)

        with django_capture_on_commit_callbacks(execute=True):
            top_up = attend(wallet, stripe_processor)

        assert (top_up.state, rule_of(wallet).paused_reason) == (TopUpState.ACTION_REQUIRED, Pause.CONFIRMATION)
        (written,) = [m for m in mail.outbox if m.subject == "Please confirm a payment"]
        assert [link.path for link in mails.opened(written.body)] == [f"/wallet/top-ups/{top_up.pk}"]
        top_ups.confirmation(top_up=top_up, processor=stripe_processor, return_url="http://testserver/back")
        stripe.authenticate(top_up.payment_id, agrees=agrees)
        top_ups.refresh(top_up=top_up, processor=stripe_processor, now=NOON)
        assert now_in(wallet).settled == (25 if agrees else 0)
        assert rule_of(wallet).paused_reason == ("" if agrees else Pause.DECLINED)

    def test_for_a_confirmation_ends_after_three_days(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor, ASKS_EACH_TIME)
        stand(wallet, card)
        top_up = attend(wallet, stripe_processor)

        for days, state in ((2, TopUpState.ACTION_REQUIRED), (4, TopUpState.CANCELED)):
            reconciling.reconcile(processor=stripe_processor, now=NOON + timedelta(days=days))
            top_up.refresh_from_db()
            assert top_up.state == state
        assert rule_of(wallet).paused_reason == Pause.CONFIRMATION

    def test_when_the_card_is_removed(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        pay(stripe_processor, wallet, "25", card)
        stand(wallet, card)

        cards.remove(team=wallet.team, card_id=card, processor=stripe_processor, now=NOON)

        assert rule_of(wallet).paused_reason == Pause.CARD_REMOVED


class TestBackOff:
    def test_doubles_from_a_quarter_of_an_hour_and_ends_after_six_failures(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        stand(wallet, card)
        now, waits = NOON, []
        for _ in range(6):
            stripe.faults.add(Fault.RESET_BEFORE, "POST /v1/payment_intents")
            top_up = attend(wallet, stripe_processor, now)
            stripe.faults.clear()
            now += timedelta(minutes=11)
            top_ups.recover(top_up=top_up, processor=stripe_processor, now=now)
            waits.append((rule_of(wallet).next_try_at - now) / timedelta(minutes=15))
            assert attend(wallet, stripe_processor, now) is None
            now = rule_of(wallet).next_try_at

        assert waits == [1, 2, 4, 8, 16, 32]
        assert rule_of(wallet).paused_reason == Pause.FAILING
        assert now_in(wallet).settled == 0
        assert stripe.objects("payment_intent") == []

    def test_is_forgotten_after_a_success(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        stand(wallet, card)
        stripe.faults.add(Fault.RESET_BEFORE, "POST /v1/payment_intents")
        top_up = attend(wallet, stripe_processor)
        top_ups.recover(top_up=top_up, processor=stripe_processor, now=NOON + timedelta(minutes=11))

        attend(wallet, stripe_processor, NOON + timedelta(hours=1))

        assert (rule_of(wallet).failures, rule_of(wallet).next_try_at) == (0, None)
        assert now_in(wallet).settled == 25


class TestArrange:
    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"threshold": "0.99"}, "Start at 1.00 USD or more"),
            ({"target": "9.99"}, "at least 5.00 USD more than the start"),
            ({"ceiling": "19.99"}, "Let the monthly limit allow at least one top-up"),
        ],
    )
    def test_refuses_what_could_not_work(self, stripe, stripe_processor, changes, says):
        wallet, card = wallet_with_card(stripe, stripe_processor)

        with pytest.raises(automatic.AutoTopUpInvalid, match=says):
            stand(wallet, card, **changes)

    def test_may_begin_below_zero_with_a_credit_limit(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        wallet_services.set_credit_limit(wallet=wallet, limit=usd("10"))

        assert stand(wallet, card, threshold="-9", target="25").threshold == -9


class TestAttention:
    def test_is_asked_for_at_the_highest_amount_that_matters(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        pay(stripe_processor, wallet, "100", card)
        quantum = Decimal("1e-12")
        assert now_in(wallet).attention_below == 20 + quantum

        stand(wallet, card, threshold="30", target="100")
        assert now_in(wallet).attention_below == 30 + quantum

        automatic.switch_off(wallet=wallet, now=NOON)
        attention.warn_below(wallet=wallet, amount=Decimal(25), now=NOON)
        assert now_in(wallet).attention_below == 25 + quantum

        spend(wallet, "85")
        attend(wallet, stripe_processor)
        assert now_in(wallet).attention_below == 10 + quantum

        spend(wallet, "15")
        attend(wallet, stripe_processor)
        assert now_in(wallet).attention_below is None

    def test_comes_back_when_money_comes_in_from_elsewhere(self, stripe, stripe_processor):
        wallet, card = wallet_with_card(stripe, stripe_processor)
        stand(wallet, card)
        attend(wallet, stripe_processor)
        before = now_in(wallet).attention_below

        wallet_services.credit(wallet=wallet, amount=usd("100"), kind="payment", key="bank", note="", by=None, now=NOON)
        attending.sweep(now=NOON)
        attend(wallet, stripe_processor)

        assert (before, now_in(wallet).attention_below) == (5 + Decimal("1e-12"), 20 + Decimal("1e-12"))

    def test_is_no_ones_business_twice(self, funded, stripe_processor):
        attend(funded, stripe_processor)

        assert attending.sweep(now=NOON) == 0
        assert queries.open_automatic(funded) is None
