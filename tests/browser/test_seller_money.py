"""The seller's pages about money and the threads of disputes in a real browser."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.teams.models import Team
from accounts.users.models import User
from billing.payouts import services as payouts
from billing.payouts.models import Invoice, InvoiceReason, SellerAccount
from billing.rating import services as rating
from billing.rating.models import Charge
from billing.wallets.models import Wallet
from marketplace.disputes import services as disputes
from marketplace.disputes.models import Dispute, Side
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import funded_wallet, price_version, ship, usage_event
from tests.factories.marketplace import make_service
from tests.factories.payouts import connected, invoiced, owed, sold, used

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GRADUATED = {
    "type": "add",
    "prices": [
        {"type": "revenue_share", "percentage": "62.5"},
        {
            "type": "graduated",
            "based_on": "request_count",
            "tiers": [{"up_to": 1000, "unit_price": "0.01"}, {"up_to": None, "unit_price": "0.005"}],
        },
    ],
}


@pytest.fixture
def people(transactional_db: None) -> tuple[User, User]:
    """The seller's owner and the buyer's."""
    return UserFactory(email="seller@example.org"), UserFactory(email="buyer@example.org", full_name="Ada")


@pytest.fixture
def seller(people) -> Team:
    return TeamFactory(seller=True, owner=people[0], name="acme", display_name="Acme Intelligence")


@pytest.fixture
def dispute(people, seller) -> Dispute:
    buyer = TeamFactory(owner=people[1], display_name="A team with quite a long name, to see what breaks")
    wallet, ended = funded_wallet("100", team=buyer), timezone.now() - timedelta(hours=1)
    share = {"type": "revenue_share", "percentage": "70"}
    service = make_service(seller, namespace="acme", now=ended, offering={"payout_price": share})
    event = usage_event(
        wallet, price_version(), service_id=service.pk, usage={"output_tokens": 3}, started_at=ended, finished_at=ended
    )
    ship(event)
    rating.settle(limit=10)
    charge = Charge.objects.select_related("wallet").get(pk=event.event_id)
    opened = disputes.open(team=buyer, charge=charge, text="The answer stopped half way.", by=people[1], now=ended)
    return disputes.write(
        dispute=opened,
        side=Side.SELLER,
        text="We look into it.\n\nWhich model was it?",
        by=people[0],
        now=timezone.now(),
    )


@pytest.fixture
def invoice(seller) -> Invoice:
    """A disputed invoice after one that is finalized, with a failed payout and an account that is restricted."""
    now = timezone.now()
    this_month = now.date().replace(day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    _, service = sold(GRADUATED, seller=seller, since=last_month.replace(year=2020))
    _, broken = sold({"type": "image", "price": "0.05"}, seller=seller, since=last_month.replace(year=2020))
    used(service, requests=1234, paid="98.7654321", period=last_month, input_tokens="123456789")
    used(broken, requests=3, paid="0.012", period=last_month)
    used(service, requests=17, paid="1.25", period=this_month, is_closed=False)
    owed(seller, "140.005", now=now)
    connected(seller, "acct_1Nv0FGQ9RKHgCVdK")
    payout = payouts.request(seller=seller, currency="USD", origin="demand", by=None, now=now)
    SellerAccount.objects.update(can_be_paid=False, requirements=["external_account", "representative.first_name"])
    owed(seller, "-7.5", now=now)
    assert payout.amount == Decimal(140)
    written = invoiced(seller, period=last_month, now=now)
    payouts.contest(invoice_id=written.pk, reason=InvoiceReason.BILLING_ERROR, text="Three pictures.", by=None, now=now)
    return written


class TestEveryPage:
    def test_has_no_barriers(self, visit, people, invoice, dispute):
        charge = f"/disputes/charge/{dispute.charge_id}"
        by_seller = ["/seller/earnings", "/seller/invoices", "/seller/payouts", "/disputes"]
        by_seller += [f"/seller/invoices/{invoice.pk}", f"/seller/invoices/{invoice.pk}/dispute"]
        by_seller += [f"/disputes/{dispute.pk}"]
        by_buyer = ["/disputes", "/disputes?show=ended", f"/disputes/{dispute.pk}", charge]
        found = {}
        for user, paths in zip(people, (by_seller, by_buyer), strict=True):
            visitor = visit(user=user)
            found |= {f"{user}: {path}": visitor.faults(path) for path in paths}

        assert {path: wrong for path, wrong in found.items() if wrong} == {}


class TestRefund:
    def test_is_given_and_seen_without_reloading(self, visit, people, dispute):
        page = visit(user=people[0]).go(f"/disputes/{dispute.pk}")
        page.get_by_label("Amount to give back").fill("30")
        page.get_by_role("button", name="Give back").click()
        expect(page.get_by_text("At most 3.00 USD").first).to_be_visible()

        page.get_by_label("Amount to give back").fill("1.5")
        page.get_by_role("button", name="Give back").click()

        expect(page.get_by_text("The customer has the money back")).to_be_visible()
        assert Wallet.objects.get(pk=dispute.wallet_id).settled == Decimal("101.5")
