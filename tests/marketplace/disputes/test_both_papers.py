"""From a call to the papers of both sides: settlement, statement, invoice, dispute; all books proven at the end."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.payouts import queries as payout_queries
from billing.payouts import services as payouts
from billing.payouts.models import Invoice
from billing.rating import verification
from billing.statements import services as statements
from billing.statements.models import Statement
from billing.wallets.models import Wallet
from domain import periods
from marketplace.disputes import services as disputes
from marketplace.disputes.models import Side
from tests.factories.accounts import UserFactory
from tests.factories.payouts import connected
from tests.marketplace.disputes.conftest import charged

pytestmark = pytest.mark.django_db


def test_a_refund_is_on_both_sides_papers(buyer, service, seller, charge):
    """Three dollars in one month; the customer gets two of them back in the next."""
    operator = UserFactory(operator=True)
    closing = after(charge.period)
    wallet = Wallet.objects.get(pk=charge.wallet_id)
    statements.close_due(wallet=wallet, now=closing)
    [first] = payouts.generate_due(seller=seller, currency="USD", now=closing)
    payouts.advance(seller=seller, now=closing + timedelta(days=14))

    dispute = disputes.open(team=buyer, charge=charge, text="No answer", by=None, now=closing + timedelta(days=15))
    disputes.resolve(
        dispute=dispute,
        amount=Decimal(2),
        side=Side.OPERATOR,
        text="Right",
        by=operator,
        now=closing + timedelta(days=15),
    )
    second_closing = after(periods.following(charge.period))
    statements.close_due(wallet=Wallet.objects.get(pk=wallet.pk), now=second_closing)
    payouts.generate_due(seller=seller, currency="USD", now=second_closing + timedelta(days=1))

    assert (first.earned, first.closing) == (Decimal("2.1"), Decimal("2.1"))
    papers = Statement.objects.order_by("period").values_list("usage", "credits", "closing_balance")
    assert list(papers) == [(3, 10, 7), (0, 2, 9)]
    second = Invoice.objects.latest("period")
    assert (second.earned, second.adjusted, second.closing) == (0, Decimal("-1.4"), Decimal("0.7"))
    assert payout_queries.balance(seller=seller, currency="USD").current == Decimal("0.7")
    assert Wallet.objects.get(pk=wallet.pk).settled == 9
    connected(seller)
    with pytest.raises(payouts.BalanceTooSmall):
        payouts.request(seller=seller, currency="USD", origin="demand", by=None, now=second_closing)
    assert [str(each) for each in verification.verify()] == []


def test_months_of_many_calls_agree_with_what_customers_were_charged(buyer, outsider, service, seller):
    """What the seller's invoice says customers paid is what their statements took."""
    charges = [charged(team, service, tokens) for team, tokens in ((buyer, 2), (buyer, 1), (outsider, 4))]
    closing = after(charges[0].period)
    for wallet in Wallet.objects.all():
        statements.close_due(wallet=wallet, now=closing)

    [invoice] = payouts.generate_due(seller=seller, currency="USD", now=closing)

    line = invoice.lines.get()
    assert (line.requests, line.customer_charge) == (3, sum(Statement.objects.values_list("usage", flat=True)))
    assert line.payout == Decimal("4.9")
    assert [str(each) for each in verification.verify()] == []


def after(period):
    """Return a day after a month, when everything of it is closed."""
    return max(periods.bounds(period, "UTC")[1] + timedelta(days=1), timezone.now())
