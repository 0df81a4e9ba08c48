"""The inbox of disputes, the threads, and who may do what in them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.teams.models import Role
from accounts.users.models import User
from billing.wallets.models import Wallet
from marketplace.disputes import services as disputes
from marketplace.disputes.models import Dispute, DisputeState
from tests.factories.accounts import TeamFactory, UserFactory, owner_of
from tests.factories.visitors import HTMX, visitor
from tests.marketplace.disputes.conftest import charged

pytestmark = pytest.mark.django_db


@pytest.fixture
def dispute(buyer, charge) -> Dispute:
    return disputes.open(team=buyer, charge=charge, text="No answer came", by=owner_of(buyer), now=timezone.now())


class TestOpening:
    def test_begins_at_the_charge(self, buyer, charge):
        page = visitor(buyer).get(f"/wallet/charges/{charge.pk}").content.decode()

        assert f"/disputes/charge/{charge.pk}" in page

    def test_is_done_by_a_form(self, buyer, charge, service):
        client, address = visitor(buyer), f"/disputes/charge/{charge.pk}"
        assert str(service) in client.get(address).content.decode()
        assert client.post(address, {"text": ""}).status_code == 422
        fragment = client.post(address, {"text": ""}, **HTMX).content.decode()
        assert fragment.lstrip().startswith('<form id="dispute-form"')

        response = client.post(address, {"text": "No answer came"})

        dispute = Dispute.objects.get()
        assert response.headers["Location"] == f"/disputes/{dispute.pk}"
        assert "disputed already" in client.get(address).content.decode()
        assert client.post(address, {"text": "Again"}).status_code == 422

    def test_is_for_those_who_manage_billing(self, buyer, charge):
        assert visitor(buyer, Role.DEVELOPER).get(f"/disputes/charge/{charge.pk}").status_code == 403

    def test_is_not_for_others(self, outsider, seller, charge):
        for team in (outsider, seller, TeamFactory(seller=True)):
            assert visitor(team).post(f"/disputes/charge/{charge.pk}", {"text": "x"}).status_code == 404


class TestInbox:
    def test_tells_what_is_new_until_it_was_seen(self, dispute, seller):
        client = visitor(seller)
        assert "1 new message" in client.get("/disputes").content.decode()

        assert "No answer came" in client.get(f"/disputes/{dispute.pk}").content.decode()

        assert "new message" not in client.get("/disputes").content.decode()

    def test_is_everybodys_own(self, dispute, outsider):
        page = visitor(outsider).get("/disputes").content.decode()

        assert "No disputes" in page
        assert visitor(outsider).get(f"/disputes/{dispute.pk}").status_code == 404
        assert visitor(TeamFactory(seller=True)).get(f"/disputes/{dispute.pk}").status_code == 404
        assert Client().get("/disputes").status_code == 302

    def test_keeps_what_has_ended_apart(self, dispute, buyer):
        client = visitor(buyer)
        client.post(f"/disputes/{dispute.pk}/withdraw")

        assert "None here" in client.get("/disputes").content.decode()
        assert "Withdrawn" in client.get("/disputes?show=ended").content.decode()

    def test_costs_the_same_for_one_as_for_many(self, dispute, buyer, service, django_assert_num_queries):
        client = visitor(buyer)
        for tokens in (1, 2):
            # session, user, memberships, two counts, the rows
            with django_assert_num_queries(6):
                client.get("/disputes")
            charge = charged(buyer, service, tokens)
            disputes.open(team=buyer, charge=charge, text="x", by=None, now=timezone.now())


class TestThread:
    def test_goes_back_and_forth(self, dispute, buyer, seller):
        customer, sellers = visitor(buyer), visitor(seller)
        assert sellers.post(f"/disputes/{dispute.pk}/messages", {"text": ""}).status_code == 422

        sellers.post(f"/disputes/{dispute.pk}/messages", {"text": "Which call?"})
        customer.post(f"/disputes/{dispute.pk}/messages", {"text": "The last one"})

        dispute.refresh_from_db()
        assert dispute.state == DisputeState.ANSWERED
        assert [each.side for each in dispute.messages.all()] == ["customer", "seller", "customer"]

    def test_shows_the_other_party_an_account_and_no_address(self, dispute, buyer, seller):
        User.objects.filter(pk=owner_of(seller).pk).update(full_name="")
        visitor(seller).post(f"/disputes/{dispute.pk}/messages", {"text": "Which call?"})
        User.objects.filter(pk=owner_of(buyer).pk).update(full_name="Bo Buyer")
        seen = {who: visitor(who).get(f"/disputes/{dispute.pk}").content.decode() for who in (buyer, seller)}

        for own, other in ((buyer, seller), (seller, buyer)):
            assert owner_of(other).email not in seen[own]
            assert f'<span class="font-semibold">{other}</span>' in seen[own]
        assert '<span class="font-semibold">Bo Buyer</span>' in seen[buyer]
        assert "Bo Buyer" not in seen[seller]

    def test_shows_words_as_words(self, dispute, buyer, seller):
        visitor(buyer).post(f"/disputes/{dispute.pk}/messages", {"text": "<script>alert(1)</script>"})

        assert "&lt;script&gt;alert(1)" in visitor(seller).get(f"/disputes/{dispute.pk}").content.decode()

    def test_ends_when_the_seller_gives_the_money_back(self, dispute, charge, seller, buyer):
        client, address = visitor(seller), f"/disputes/{dispute.pk}/refund"
        assert 'value="3.00"' in client.get(f"/disputes/{dispute.pk}").content.decode()
        assert client.post(address, {"amount": "3.01"}).status_code == 422

        assert client.post(address, {"amount": "1.5", "text": "Half is right"}).status_code == 302

        dispute.refresh_from_db()
        assert (dispute.state, Wallet.objects.get(pk=charge.wallet_id).settled) == ("resolved", Decimal("11.5"))
        page = visitor(buyer).get(f"/disputes/{dispute.pk}").content.decode()
        assert "Given back in part" in page
        assert "Half is right" in page
        assert f"/disputes/{dispute.pk}" in visitor(buyer).get("/wallet").content.decode()

    def test_lets_no_customer_refund_and_no_seller_withdraw(self, dispute, buyer, seller):
        assert visitor(buyer).post(f"/disputes/{dispute.pk}/refund", {"amount": "3"}).status_code == 404
        assert visitor(seller).post(f"/disputes/{dispute.pk}/withdraw").status_code == 404
        assert visitor(seller, Role.DEVELOPER).post(f"/disputes/{dispute.pk}/refund").status_code == 403
        dispute.refresh_from_db()
        assert dispute.state == DisputeState.OPEN


class TestOperators:
    @pytest.fixture
    def operator(self):
        client = Client()
        client.force_login(UserFactory(operator=True))
        return client

    def test_write_and_resolve(self, operator, dispute, charge):
        assert operator.get(page("change", dispute)).status_code == 200

        operator.post(page("answer", dispute), {"text": "We look into it"})
        assert operator.post(page("resolve", dispute), {"amount": "4", "text": ""}).status_code == 422
        operator.post(page("resolve", dispute), {"amount": "3", "text": "You are right"})

        dispute.refresh_from_db()
        assert (dispute.state, dispute.credited) == ("resolved", 3)
        assert Wallet.objects.get(pk=charge.wallet_id).settled == 13

    def test_reject_with_a_reason(self, operator, dispute):
        assert operator.post(page("reject", dispute), {"text": ""}).status_code == 422
        operator.post(page("reject", dispute), {"text": "It was answered"})

        dispute.refresh_from_db()
        assert dispute.state == "rejected"

    def test_are_let_in_by_a_right(self, dispute):
        clerk = Client()
        clerk.force_login(UserFactory(is_staff=True))

        assert clerk.post(page("reject", dispute), {"text": "x"}).status_code == 403


def page(view: str, dispute: Dispute) -> str:
    return reverse(f"admin:disputes_dispute_{view}", args=[dispute.pk])
