"""Payouts through the processor: the books first, one transfer, and every way in which an answer can be missing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone

from accounts.teams.models import Team
from billing.payouts import queries
from billing.payouts import services as payouts
from billing.payouts.models import Payout, PayoutState
from domain.money import Money
from tests.factories.accounts import TeamFactory
from tests.factories.payouts import asked, connected, current, owed
from tests.fakes.stripe.faults import Fault

pytestmark = pytest.mark.django_db
TRANSFERS = "POST /v1/transfers"


class TestOnboarding:
    def test_opens_one_account_and_shows_what_the_processor_asks_for(self, stripe, stripe_processor):
        seller = TeamFactory(seller=True)
        for _ in range(2):
            account = payouts.connect(
                seller=seller, country="DE", email="s@example.org", processor=stripe_processor, now=timezone.now()
            )

        assert len(stripe.objects("account")) == 1
        assert (account.country, account.can_be_paid) == ("DE", False)
        assert "external_account" in account.requirements

    def test_leads_to_the_processors_page(self, seller, stripe, stripe_processor):
        url = payouts.onboarding_page(
            seller=seller,
            return_url="http://testserver/r",
            refresh_url="http://testserver/f",
            processor=stripe_processor,
        )

        assert url.startswith(stripe.url)

    def test_learns_when_an_account_is_restricted(self, seller, stripe, stripe_processor):
        stripe.restrict_account(queries.account_of(seller=seller).processor_account, "individual.id_number")

        account = payouts.refresh_account(seller=seller, processor=stripe_processor, now=timezone.now())

        assert (account.can_be_paid, account.requirements) == (False, ["individual.id_number"])
        with pytest.raises(payouts.AccountRestricted, match=r"individual\.id_number"):
            asked(seller)

    def test_is_for_sellers(self, stripe_processor):
        with pytest.raises(payouts.SellersOnly):
            payouts.connect(
                seller=TeamFactory(), country="US", email="", processor=stripe_processor, now=timezone.now()
            )

    def test_says_that_the_processor_is_away(self, stripe, stripe_processor):
        stripe.faults.add(Fault.ERROR_BEFORE, "POST /v1/accounts")

        with pytest.raises(payouts.ProcessorAway):
            payouts.connect(
                seller=TeamFactory(seller=True),
                country="US",
                email="a@b.c",
                processor=stripe_processor,
                now=timezone.now(),
            )


class TestRequest:
    def test_writes_the_books_before_anything_is_sent(self, seller, stripe):
        payout = asked(seller)

        assert (payout.state, payout.amount, current(seller)) == (PayoutState.PENDING, 70, Decimal("0.005"))
        assert stripe.calls(TRANSFERS) == []

    def test_is_refused_without_an_account(self):
        seller = TeamFactory(seller=True)
        owed(seller, "50")

        with pytest.raises(payouts.AccountMissing):
            asked(seller)

    def test_is_refused_below_the_minimum(self):
        seller = TeamFactory(seller=True)
        connected(seller)
        owed(seller, "9.99")

        with pytest.raises(
            payouts.BalanceTooSmall, match=r"9\.99 USD can be paid out; the smallest payout is 10\.00 USD"
        ):
            asked(seller)

    def test_is_refused_below_zero(self):
        seller = TeamFactory(seller=True)
        connected(seller)
        owed(seller, "-3")

        with pytest.raises(payouts.BalanceNegative, match=r"−3\.00 USD"):
            asked(seller)

    def test_is_refused_while_another_is_under_way(self, seller):
        asked(seller)
        owed(seller, "100")

        with pytest.raises(payouts.PayoutUnderWay):
            asked(seller)

    def test_is_refused_to_a_closed_seller(self, seller):
        Team.objects.filter(pk=seller.pk).update(is_active=False)

        with pytest.raises(payouts.NotPayable, match="closed"):
            asked(seller)


class TestSend:
    def test_transfers_once_however_often_it_runs(self, seller, stripe, stripe_processor):
        payout = asked(seller)
        for _ in range(3):
            payouts.send(payout_id=payout.pk, processor=stripe_processor, now=timezone.now())

        [transfer] = stripe.objects("transfer")
        payout.refresh_from_db()
        assert (transfer["amount"], payout.state, payout.transfer) == (7000, PayoutState.SENT, transfer["id"])
        assert transfer["metadata"]["reference"] == str(payout.pk)
        assert len(stripe.calls(TRANSFERS)) == 1

    def test_that_is_refused_gives_the_money_back_and_says_why(
        self, seller, stripe, stripe_processor, django_capture_on_commit_callbacks
    ):
        stripe.restrict_account(queries.account_of(seller=seller).processor_account, "x")
        payout = asked(seller)
        mail.outbox.clear()

        with django_capture_on_commit_callbacks(execute=True):
            payouts.send(payout_id=payout.pk, processor=stripe_processor, now=timezone.now())

        payout.refresh_from_db()
        assert (payout.state, current(seller)) == (PayoutState.FAILED, Decimal("70.005"))
        assert "capabilities" in payout.failure
        [message] = mail.outbox
        assert message.subject == "Payout of 70.00 USD failed"
        assert payout.failure[:40] in message.body
        assert queries.account_of(seller=seller).retry_after > timezone.now()

    @pytest.mark.parametrize(
        "fault",
        [
            Fault.ERROR_BEFORE,
            Fault.RESET_BEFORE,
            Fault.RESET_AFTER,
            Fault.LOST_AFTER,
            Fault.ERROR_AFTER,
            Fault.RATE_LIMITED,
        ],
        ids=lambda fault: fault.value,
    )
    def test_whose_answer_is_missing_is_found_out_later(self, seller, stripe, stripe_processor, fault):
        payout = asked(seller)
        stripe.faults.add(fault, TRANSFERS)

        payouts.send(payout_id=payout.pk, processor=stripe_processor, now=timezone.now())
        payout.refresh_from_db()
        assert (payout.state, payout.attempts) == (PayoutState.PENDING, 1)
        assert payout.next_attempt_at > timezone.now()
        payouts.send(payout_id=payout.pk, processor=stripe_processor, now=timezone.now())

        payout.refresh_from_db()
        assert (payout.state, len(stripe.objects("transfer"))) == (PayoutState.SENT, 1)
        assert current(seller) == Decimal("0.005")

    def test_after_the_life_of_its_key_looks_and_never_sends_again(self, seller, stripe, stripe_processor):
        now = timezone.now()
        payout = asked(seller, now=now - timedelta(hours=21))

        payouts.send(payout_id=payout.pk, processor=stripe_processor, now=now)
        payout.refresh_from_db()
        assert payout.state == PayoutState.PENDING
        payouts.send(payout_id=payout.pk, processor=stripe_processor, now=now + timedelta(hours=10))

        payout.refresh_from_db()
        assert (payout.state, current(seller)) == (PayoutState.FAILED, Decimal("70.005"))
        assert stripe.calls(TRANSFERS) == []

    def test_after_the_life_of_its_key_finds_what_was_sent(self, seller, stripe, stripe_processor):
        now = timezone.now()
        payout = asked(seller, now=now - timedelta(minutes=1))
        stripe.faults.add(Fault.RESET_AFTER, TRANSFERS)
        payouts.send(payout_id=payout.pk, processor=stripe_processor, now=now)

        payouts.send(payout_id=payout.pk, processor=stripe_processor, now=now + timedelta(hours=40))

        payout.refresh_from_db()
        assert payout.state == PayoutState.SENT


class TestTakeBack:
    @pytest.fixture
    def sent(self, seller, stripe_processor) -> Payout:
        payout = asked(seller)
        return payouts.send(payout_id=payout.pk, processor=stripe_processor, now=timezone.now())

    def test_begins_in_the_books(self, sent, seller, stripe):
        payouts.take_back(payout_id=sent.pk, by=None, now=timezone.now())

        assert current(seller) == Decimal("70.005")
        assert stripe.objects("transfer_reversal") == []

    def test_ends_at_the_processor_once(self, sent, seller, stripe, stripe_processor):
        payouts.take_back(payout_id=sent.pk, by=None, now=timezone.now())
        for _ in range(2):
            payouts.settle_reversal(payout_id=sent.pk, processor=stripe_processor, now=timezone.now())

        sent.refresh_from_db()
        assert (sent.state, len(stripe.objects("transfer_reversal"))) == (PayoutState.REVERSED, 1)
        assert current(seller) == Decimal("70.005")

    def test_takes_what_is_left_when_a_part_was_taken_back_at_the_processor(
        self, sent, seller, stripe, stripe_processor
    ):
        part = Money(Decimal(30), "USD")
        stripe_processor.reverse_transfer(key="by hand", transfer_id=sent.transfer, amount=part)
        payouts.take_back(payout_id=sent.pk, by=None, now=timezone.now())

        payouts.settle_reversal(payout_id=sent.pk, processor=stripe_processor, now=timezone.now())

        sent.refresh_from_db()
        assert (sent.state, current(seller)) == (PayoutState.REVERSED, Decimal("70.005"))
        assert sorted(each["amount"] for each in stripe.objects("transfer_reversal")) == [3000, 4000]

    def test_of_money_that_is_gone_is_undone_in_the_books(self, sent, seller, stripe, stripe_processor):
        stripe.pay_out_account(sent.processor_account)
        payouts.take_back(payout_id=sent.pk, by=None, now=timezone.now())

        payouts.settle_reversal(payout_id=sent.pk, processor=stripe_processor, now=timezone.now())

        sent.refresh_from_db()
        assert (sent.state, current(seller)) == (PayoutState.KEPT, Decimal("0.005"))
        assert "insufficient funds" in sent.failure

    def test_whose_answer_is_missing_is_found_out_later(self, sent, seller, stripe, stripe_processor):
        payouts.take_back(payout_id=sent.pk, by=None, now=timezone.now())
        stripe.faults.add(Fault.RESET_AFTER, "POST /v1/transfers/*/reversals")

        for _ in range(2):
            payouts.settle_reversal(payout_id=sent.pk, processor=stripe_processor, now=timezone.now())

        sent.refresh_from_db()
        assert (sent.state, len(stripe.objects("transfer_reversal"))) == (PayoutState.REVERSED, 1)

    def test_holds_other_payouts_off_meanwhile(self, sent, seller):
        payouts.take_back(payout_id=sent.pk, by=None, now=timezone.now())

        with pytest.raises(payouts.PayoutUnderWay):
            asked(seller)

    def test_is_for_what_was_sent(self, seller):
        with pytest.raises(payouts.PayoutNotSent):
            payouts.take_back(payout_id=asked(seller).pk, by=None, now=timezone.now())
