"""Contested charges: who writes what, what goes back, and what of it is the seller's."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.teams import links
from billing.ledger.models import Transaction
from billing.payouts import queries as payout_queries
from billing.payouts import services as payouts
from billing.payouts.models import Adjustment
from billing.promotions.models import PriceRule, RuleMoment, RuleStatus
from billing.statements import services as statements
from billing.wallets.models import Wallet, WalletEntry
from common.errors import Invalid
from marketplace.disputes import queries
from marketplace.disputes import services as disputes
from marketplace.disputes.models import Dispute, DisputeMessage, DisputeState, Side
from tests.billing.rating.test_concurrency import at_once
from tests.factories.accounts import TeamFactory, UserFactory, owner_of
from tests.marketplace.disputes.conftest import charged

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispute(buyer, charge) -> Dispute:
    return disputes.open(team=buyer, charge=charge, text="I got no answer", by=owner_of(buyer), now=timezone.now())


@pytest.fixture
def operator():
    return UserFactory(operator=True)


def resolved(dispute: Dispute, amount: str, by, side: Side = Side.OPERATOR) -> Dispute:
    return disputes.resolve(dispute=dispute, amount=Decimal(amount), side=side, text="Sorry", by=by, now=timezone.now())


def balance(charge) -> Decimal:
    return Wallet.objects.get(pk=charge.wallet_id).settled


class TestCreditable:
    def test_is_what_the_statement_left_to_pay(self, buyer, charge):
        """Half of the service's usage was taken off on the statement."""
        PriceRule.objects.create(
            name="Half",
            pricing={"type": "multiply", "factor": "0.5"},
            apply_at=RuleMoment.STATEMENT,
            status=RuleStatus.ACTIVE,
            active_from=timezone.now() - timedelta(days=90),
            code="half",
        )
        assert queries.creditable(charge) == charge.charged

        statements.close_due(wallet=charge.wallet, now=timezone.now() + timedelta(days=60))

        assert queries.creditable(charge) == charge.charged / 2


class TestOpen:
    def test_starts_a_thread(self, dispute, buyer):
        assert (dispute.state, dispute.seller) == (DisputeState.OPEN, dispute.service.seller)
        assert [(each.side, each.text) for each in queries.messages(dispute)] == [("customer", "I got no answer")]

    def test_happens_once_for_a_charge(self, dispute, buyer, charge):
        with pytest.raises(disputes.DisputeUnderWay):
            disputes.open(team=buyer, charge=charge, text="Again", by=None, now=timezone.now())

    def test_is_refused_after_the_window(self, buyer, charge, settings):
        days = settings.DISPUTE_WINDOW_DAYS
        disputes_at = charge.finished_at + timedelta(days=days, seconds=1)

        with pytest.raises(disputes.TooLate, match=f"for {days} days"):
            disputes.open(team=buyer, charge=charge, text="Late", by=None, now=disputes_at)

    def test_is_refused_for_a_call_that_cost_nothing(self, buyer, service):
        free = charged(buyer, service, 0)

        with pytest.raises(disputes.NothingToDispute):
            disputes.open(team=buyer, charge=free, text="Hm", by=None, now=timezone.now())

    def test_needs_words(self, buyer, charge):
        with pytest.raises(Invalid):
            disputes.open(team=buyer, charge=charge, text="  ", by=None, now=timezone.now())
        assert not Dispute.objects.exists()


class TestThread:
    def test_is_answered_by_the_first_message_of_the_others(self, dispute, buyer, seller):
        disputes.write(dispute=dispute, side=Side.CUSTOMER, text="?", by=owner_of(buyer), now=timezone.now())
        dispute.refresh_from_db()
        assert dispute.state == DisputeState.OPEN

        disputes.write(dispute=dispute, side=Side.SELLER, text="We look", by=owner_of(seller), now=timezone.now())
        dispute.refresh_from_db()
        assert dispute.state == DisputeState.ANSWERED

    def test_counts_what_each_side_has_not_seen(self, dispute, buyer, seller):
        now = timezone.now()
        unread = lambda team: queries.disputes(team=team).get().unread  # noqa: E731
        assert (unread(buyer), unread(seller)) == (0, 1)

        disputes.mark_seen(dispute=dispute, side=Side.SELLER, now=now)
        disputes.write(dispute=dispute, side=Side.SELLER, text="1", by=owner_of(seller), now=now + timedelta(seconds=1))
        disputes.write(dispute=dispute, side=Side.SELLER, text="2", by=owner_of(seller), now=now + timedelta(seconds=2))

        assert (unread(buyer), unread(seller)) == (2, 0)

    def test_is_mailed_to_the_other_sides_with_a_link(
        self, buyer, seller, charge, operator, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            dispute = disputes.open(
                team=buyer, charge=charge, text="<b>No answer</b>", by=owner_of(buyer), now=timezone.now()
            )

        told = {message.to[0]: message for message in mail.outbox}
        assert set(told) == {owner_of(seller).email, operator.email}
        token = told[owner_of(seller).email].body.partition("/teams/open/")[2].split()[0]
        assert links.read(token) == links.Link(seller.pk, f"/disputes/{dispute.pk}")
        assert f"/admin/disputes/dispute/{dispute.pk}/change/" in told[operator.email].body
        [(html, _)] = told[operator.email].alternatives
        assert "&lt;b&gt;No answer" in html


class TestResolve:
    def test_gives_back_one_credit_that_names_the_dispute(self, dispute, charge, operator):
        resolved(dispute, "3", operator)

        dispute.refresh_from_db()
        assert (dispute.state, dispute.credited, balance(charge)) == (DisputeState.RESOLVED, 3, 13)
        entry = WalletEntry.objects.get(transaction=dispute.transaction)
        assert (entry.delta, entry.transaction.kind) == (3, "dispute_credit")
        assert entry.transaction.idempotency_key == f"dispute:{dispute.pk}"
        assert str(dispute.service) in entry.transaction.memo
        assert "Resolved in full: 3.00 USD went back" in queries.messages(dispute).last().text

    @pytest.mark.breaks_the_books
    def test_reverses_the_sellers_share_on_the_invoice_of_the_month(self, dispute, charge, seller, operator):
        resolved(dispute, "2", operator)
        assert Adjustment.objects.get().amount is None
        Wallet.objects.filter(pk=charge.wallet_id).update(open_period=next_month(charge.period))

        invoice = payouts.generate(seller=seller, currency="USD", period=charge.period, now=timezone.now())

        # 70 % of 3.00 earned, 70 % of 2.00 taken back
        assert (invoice.earned, invoice.adjusted) == (Decimal("2.1"), Decimal("-1.4"))
        later = timezone.now() + timedelta(days=15)
        payouts.advance(seller=seller, now=later)
        assert payout_queries.balance(seller=seller, currency="USD").current == Decimal("0.7")

    @pytest.mark.breaks_the_books
    def test_reverses_it_at_once_after_the_invoice(self, dispute, charge, seller, operator):
        Wallet.objects.filter(pk=charge.wallet_id).update(open_period=next_month(charge.period))
        payouts.generate(seller=seller, currency="USD", period=charge.period, now=timezone.now())

        resolved(dispute, "3", operator)

        assert Adjustment.objects.get().amount == Decimal("-2.1")
        assert payout_queries.balance(seller=seller, currency="USD").current == Decimal("-2.1")

    def test_in_part_leaves_the_rest_for_another_dispute(self, dispute, buyer, charge, operator):
        resolved(dispute, "1", operator)
        second = disputes.open(team=buyer, charge=charge, text="More", by=None, now=timezone.now())

        with pytest.raises(disputes.CreditTooLarge, match=r"At most 2\.00 USD"):
            resolved(second, "2.01", operator)
        resolved(second, "2", operator)

        assert balance(charge) == 13
        with pytest.raises(disputes.NothingToDispute):
            disputes.open(team=buyer, charge=charge, text="Even more", by=None, now=timezone.now())

    @pytest.mark.parametrize("amount", ["0", "-1", "3.000000000001", "0.0000000000001"])
    def test_refuses_other_amounts(self, dispute, operator, amount):
        with pytest.raises(disputes.CreditTooLarge):
            resolved(dispute, amount, operator)
        assert not Transaction.objects.filter(kind="dispute_credit").exists()

    def test_happens_once(self, dispute, operator, charge):
        resolved(dispute, "1", operator)

        with pytest.raises(disputes.DisputeEnded, match="resolved"):
            resolved(dispute, "1", operator)
        assert balance(charge) == 11

    def test_can_be_the_sellers_own_decision(self, dispute, seller, charge):
        resolved(dispute, "3", owner_of(seller), side=Side.SELLER)

        assert balance(charge) == 13
        assert queries.messages(dispute).last().side == Side.SELLER


class TestOtherEnds:
    def test_are_a_rejection_with_a_reason(self, dispute, operator, charge):
        with pytest.raises(Invalid):
            disputes.reject(dispute=dispute, text=" ", by=operator, now=timezone.now())

        disputes.reject(dispute=dispute, text="The answer is in the log", by=operator, now=timezone.now())

        dispute.refresh_from_db()
        assert (dispute.state, balance(charge)) == (DisputeState.REJECTED, 10)

    def test_are_a_withdrawal_after_which_another_may_be_opened(self, dispute, buyer, charge):
        disputes.withdraw(dispute=dispute, by=owner_of(buyer), now=timezone.now())

        disputes.open(team=buyer, charge=charge, text="After all", by=None, now=timezone.now())

    def test_take_no_more_messages(self, dispute, buyer):
        disputes.withdraw(dispute=dispute, by=owner_of(buyer), now=timezone.now())

        with pytest.raises(disputes.DisputeEnded):
            disputes.write(dispute=dispute, side=Side.CUSTOMER, text="x", by=owner_of(buyer), now=timezone.now())


class TestReads:
    def test_show_each_team_its_own(self, dispute, buyer, seller, outsider):
        other_seller = TeamFactory(seller=True)

        shown = [queries.disputes(team=team).count() for team in (buyer, seller, outsider, other_seller)]

        assert shown == [1, 1, 0, 0]


class TestRefusedByTheDatabase:
    def attempt(self, change):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()

    def test_is_every_way_back(self, dispute, operator, buyer):
        other = TeamFactory()
        self.attempt(lambda: Dispute.objects.update(team=other))
        self.attempt(lambda: Dispute.objects.update(state="resolved"))
        self.attempt(lambda: Dispute.objects.all().delete())
        self.attempt(lambda: DisputeMessage.objects.update(text="x"))
        resolved(dispute, "1", operator)
        self.attempt(lambda: Dispute.objects.update(credited=Decimal(2)))
        self.attempt(lambda: Dispute.objects.update(state="open", ended_at=None))

    def test_is_more_than_was_charged(self, dispute, charge):
        posted = Transaction.objects.first()

        self.attempt(
            lambda: Dispute.objects.update(
                state="resolved", credited=Decimal("3.01"), transaction=posted, ended_at=timezone.now()
            )
        )

    def test_is_a_second_open_dispute(self, dispute):
        dispute.pk = None
        self.attempt(lambda: Dispute.objects.create(
            **{each.attname: getattr(dispute, each.attname) for each in Dispute._meta.fields if not each.primary_key}
        ))  # fmt: skip


class TestAtOnce:
    @pytest.mark.django_db(transaction=True)
    def test_many_resolutions_credit_once(self, dispute, charge, operator):
        def resolve() -> str:
            try:
                resolved(dispute, "3", operator)
            except disputes.DisputeEnded:
                return "ended"
            finally:
                connection.close()
            return "credited"

        assert sorted(at_once(*[resolve] * 8)) == ["credited"] + ["ended"] * 7
        assert balance(charge) == 13
        assert Adjustment.objects.count() == 1


def next_month(period):
    return (period + timedelta(days=31)).replace(day=1)
