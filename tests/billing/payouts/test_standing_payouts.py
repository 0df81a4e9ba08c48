"""Payouts by schedule, all at once, and past the database."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from billing.ledger.models import Transaction
from billing.payouts import queries, tasks
from billing.payouts import services as payouts
from billing.payouts.models import Payout, PayoutSchedule, PayoutState, SellerAccount
from billing.payouts.services.scheduling import next_date
from tests.billing.rating.test_concurrency import at_once
from tests.factories.accounts import TeamFactory
from tests.factories.payouts import asked, connected, current, owed

pytestmark = pytest.mark.django_db
TRANSFERS = "POST /v1/transfers"


class TestSchedule:
    def scheduled(self, seller, schedule, threshold="100", now=None):
        return payouts.choose_schedule(
            seller=seller, schedule=schedule, threshold=Decimal(threshold), now=now or timezone.now()
        )

    def run(self, seller, now):
        return payouts.run_schedule(account_id=str(SellerAccount.objects.get(seller=seller).pk), now=now)

    def test_pays_at_the_threshold(self):
        seller = TeamFactory(seller=True)
        connected(seller)
        self.scheduled(seller, PayoutSchedule.THRESHOLD, "50")
        owed(seller, "49.99")
        assert self.run(seller, timezone.now()) == []
        owed(seller, "0.01")

        [payout] = self.run(seller, timezone.now())

        assert (payout.amount, payout.origin) == (50, "threshold")

    @pytest.mark.parametrize(
        ("schedule", "today", "expected"),
        [
            ("weekly", "2026-12-02", "2026-12-07"),
            ("weekly", "2026-12-07", "2026-12-14"),
            ("monthly", "2026-12-02", "2027-01-01"),
            ("monthly", "2027-01-01", "2027-02-01"),
            ("on_demand", "2026-12-02", "None"),
        ],
    )
    def test_knows_the_next_day(self, schedule, today, expected):
        assert str(next_date(schedule, date.fromisoformat(today))) == expected

    def test_pays_on_its_day_and_not_before(self):
        seller = TeamFactory(seller=True)
        connected(seller)
        owed(seller, "60")
        chosen = timezone.now().replace(year=2026, month=12, day=2)
        self.scheduled(seller, PayoutSchedule.WEEKLY, now=chosen)

        assert self.run(seller, chosen + timedelta(days=4)) == []
        assert len(self.run(seller, chosen + timedelta(days=5))) == 1
        assert str(SellerAccount.objects.get().scheduled_for) == "2026-12-14"

    def test_passes_over_who_cannot_be_paid_rests_longer_and_tells_once(self, django_capture_on_commit_callbacks):
        seller = TeamFactory(seller=True)
        connected(seller, can_be_paid=False)
        owed(seller, "500")
        now = timezone.now()
        self.scheduled(seller, PayoutSchedule.THRESHOLD, now=now)

        looked = []
        with django_capture_on_commit_callbacks(execute=True):
            for hour in range(24 * 20):
                moment = now + timedelta(hours=hour)
                account = SellerAccount.objects.get()
                if queries.due_accounts(now=moment).filter(pk=account.pk).exists():
                    looked.append(hour // 24)
                    self.run(seller, moment)

        assert looked == [0, 1, 3, 7, 13, 19]
        assert [message.subject for message in mail.outbox] == ["No payout could be made"]
        assert "cannot pay this account yet" in SellerAccount.objects.get().skip_reason
        assert not Payout.objects.exists()

    def test_never_pays_into_a_balance_below_zero(self):
        seller = TeamFactory(seller=True)
        connected(seller)
        owed(seller, "-50")
        self.scheduled(seller, PayoutSchedule.THRESHOLD, "20")

        assert self.run(seller, timezone.now()) == []
        assert "balance is −50.00 USD" in SellerAccount.objects.get().skip_reason


class TestTasks:
    def test_send_what_a_request_left(self, seller, stripe, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            payout = asked(seller)

        payout.refresh_from_db()
        assert payout.state == PayoutState.SENT
        assert [message.subject for message in mail.outbox] == ["Payout of 70.00 USD sent"]

    def test_look_again_at_what_is_unsettled(self, seller, stripe, django_capture_on_commit_callbacks):
        payout = asked(seller)
        with django_capture_on_commit_callbacks(execute=True):
            tasks.sweep_payouts()

        payout.refresh_from_db()
        assert payout.state == PayoutState.SENT


class TestRefusedByTheDatabase:
    def attempt(self, **changes):
        with pytest.raises(DatabaseError), transaction.atomic():
            Payout.objects.update(**changes)

    def test_is_every_way_back(self, seller, stripe_processor):
        payout = asked(seller)
        self.attempt(amount=Decimal(1))
        self.attempt(state="reversed")
        self.attempt(state="failed")
        payouts.send(payout_id=payout.pk, processor=stripe_processor, now=timezone.now())
        self.attempt(state="pending", transfer="")
        self.attempt(transfer="tr_other")
        with pytest.raises(DatabaseError), transaction.atomic():
            Payout.objects.all().delete()


class TestAtOnce:
    @pytest.mark.django_db(transaction=True)
    def test_sixteen_requests_pay_once(self, stripe, stripe_processor, settings):
        seller = TeamFactory(seller=True)
        now = timezone.now()
        account = payouts.connect(
            seller=seller, country="US", email="s@example.org", processor=stripe_processor, now=now
        )
        stripe.complete_account(account.processor_account)
        payouts.refresh_account(seller=seller, processor=stripe_processor, now=now)
        stripe.fund(100_000)
        owed(seller, "70")

        def ask() -> str:
            try:
                asked(seller)
            except payouts.NotPayable as refusal:
                return refusal.code
            finally:
                connection.close()
            return "asked"

        answers = at_once(*[ask] * 16)

        assert answers.count("asked") == 1
        assert set(answers) <= {"asked", "payout_under_way", "balance_too_small"}
        assert [transfer["amount"] for transfer in stripe.objects("transfer")] == [7000]
        assert current(seller) == 0
        assert Transaction.objects.filter(kind="payout").count() == 1
