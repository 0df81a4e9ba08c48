"""The seller's pages about money: what they show, to whom, and what forms do."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.teams.models import Role
from billing.payouts import services as payouts
from billing.payouts.models import Invoice, Payout, SellerAccount
from common import ports
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.payouts import IN_DECEMBER, NOVEMBER, connected, invoiced, owed, sold, used
from tests.factories.visitors import HTMX, visitor

pytestmark = pytest.mark.django_db
PAGES = ["/seller/earnings", "/seller/invoices", "/seller/payouts", "/seller/payouts/account"]


def amounts(page: str) -> list[Decimal]:
    """Return every amount of the page, exact."""
    return [Decimal(value) for value in re.findall(r'<data class="money" value="([^"]+)"', page)]


@pytest.fixture
def invoice(db) -> Invoice:
    seller, service = sold()
    used(service, requests=5, paid="100", input_tokens="1200")
    return invoiced(seller, now=timezone.now())


class TestEveryPage:
    @pytest.mark.parametrize("page", PAGES)
    def test_is_for_sellers(self, page, stripe):
        assert visitor(TeamFactory()).get(page).status_code == 404
        assert visitor(TeamFactory(seller=True)).get(page).status_code == 200
        assert Client().get(page).status_code == 302

    @pytest.mark.parametrize("page", PAGES[:3])
    def test_tells_a_new_seller_what_to_do(self, page, stripe):
        content = visitor(TeamFactory(seller=True)).get(page).content.decode()

        assert "yet" in content


class TestEarnings:
    def test_of_the_running_month_are_an_estimate(self):
        seller, service = sold(since=NOVEMBER.replace(year=2020))
        used(service, requests=3, paid="10", period=timezone.now().date().replace(day=1), is_closed=False)

        page = visitor(seller).get("/seller/earnings").content.decode()

        assert "Estimate" in page
        assert "70 % of what the customer pays." in page
        assert amounts(page) == [7, 10, 7]

    def test_of_any_month_can_be_asked_for(self):
        seller, service = sold()
        used(service, paid="10", period=NOVEMBER.replace(year=2020, month=3))

        page = visitor(seller).get("/seller/earnings?month=2020-03").content.decode()

        assert "No service was used in March 2020" in page  # the terms began later
        assert visitor(seller).get("/seller/earnings?month=nonsense").status_code == 200

    def test_cost_the_same_for_one_as_for_many(self, django_assert_num_queries):
        seller, service = sold(since=NOVEMBER.replace(year=2020))
        month = timezone.now().date().replace(day=1)
        client = visitor(seller)
        for _ in range(2):
            used(service, paid="1", period=month)
            # session, user, memberships, terms, usage, fees, promotions on statements
            with django_assert_num_queries(7):
                client.get("/seller/earnings")
            _, service = sold(seller=seller, since=NOVEMBER.replace(year=2020))


class TestInvoices:
    def test_are_listed_and_read_by_their_seller_alone(self, invoice):
        client = visitor(invoice.seller, Role.VIEWER)
        address = f"/seller/invoices/{invoice.pk}"

        assert invoice.number in client.get("/seller/invoices").content.decode()
        page = client.get(address).content.decode()
        assert "revenue share: 100 x 70 / 100 = 70" in page
        assert amounts(page)[:5] == [0, 0, 70, 0, 70]
        for path in (address, f"{address}/pdf", f"{address}/csv", f"{address}/dispute"):
            assert visitor(TeamFactory(seller=True)).get(path).status_code == 404

    def test_come_as_csv_with_exact_amounts(self, invoice):
        response = visitor(invoice.seller).get(f"/seller/invoices/{invoice.pk}/csv")

        lines = response.content.decode().splitlines()
        assert response.headers["Content-Disposition"] == f'attachment; filename="{invoice.number}.csv"'
        assert lines[1].endswith("5,100.000000000000,70.000000000000,USD")

    def test_come_as_a_pdf_that_is_the_same_every_time(self, invoice):
        client, address = visitor(invoice.seller), f"/seller/invoices/{invoice.pk}/pdf"

        first, second = client.get(address).content, client.get(address).content

        assert first.startswith(b"%PDF-1.7")
        assert first == second

    def test_are_disputed_by_a_form(self, invoice):
        client, address = visitor(invoice.seller), f"/seller/invoices/{invoice.pk}/dispute"

        assert client.post(address, {"reason": "rate_change", "text": ""}).status_code == 422
        assert client.post(address, {"reason": "rate_change", "text": "It is 80 %"}).status_code == 302

        invoice.refresh_from_db()
        assert (invoice.state, invoice.reason) == ("disputed", "rate_change")
        page = client.get(f"/seller/invoices/{invoice.pk}").content.decode()
        assert "It is 80 %" in page
        assert "Dispute: Rate change" in page
        client.post(f"/seller/invoices/{invoice.pk}/notes", {"text": "See the mail of May"})
        assert invoice.notes.count() == 2
        assert client.post(f"/seller/invoices/{invoice.pk}/notes", {"text": ""}).status_code == 422

    def test_are_disputed_by_those_who_manage_billing(self, invoice):
        client = visitor(invoice.seller, Role.DEVELOPER)

        assert client.post(f"/seller/invoices/{invoice.pk}/dispute", {"text": "x"}).status_code == 403
        assert "Dispute this invoice" not in client.get(f"/seller/invoices/{invoice.pk}").content.decode()

    def test_refuse_a_dispute_when_the_window_is_over(self, invoice):
        Invoice.objects.filter(pk=invoice.pk).update(state="disputed")

        page = visitor(invoice.seller).get(f"/seller/invoices/{invoice.pk}/dispute").content.decode()

        assert "It can no longer be disputed" in page

    def test_print_no_markup_of_sellers(self, monkeypatch):
        monkeypatch.setattr(ports.service_names, "_function", lambda ids: dict.fromkeys(ids, "=1+1<script>"))
        seller, service = sold()
        used(service, paid="1")
        invoice = invoiced(seller)
        client = visitor(seller)

        assert "<script>alert" not in client.get(f"/seller/invoices/{invoice.pk}").content.decode()
        assert "=1+1&lt;script&gt;" in client.get(f"/seller/invoices/{invoice.pk}").content.decode()
        assert "'=1+1<script>" in client.get(f"/seller/invoices/{invoice.pk}/csv").content.decode()
        assert client.get(f"/seller/invoices/{invoice.pk}/pdf").status_code == 200


class TestPayouts:
    @pytest.fixture
    def seller(self, stripe):
        seller = TeamFactory(seller=True)
        connected(seller)
        return seller

    def test_show_the_three_numbers_with_their_formula(self, seller):
        service = sold(seller=seller)[1]
        owed(seller, "90.5")
        used(service, paid="100")
        invoiced(seller)
        payouts.advance(seller=seller, now=IN_DECEMBER + timedelta(days=14))

        page = visitor(seller).get("/seller/payouts").content.decode()

        assert amounts(page)[:4] == [Decimal("90.5"), Decimal("160.5"), 70, Decimal("90.5")]
        assert "less than 60 days ago" in page

    def test_are_asked_for_by_a_button(self, seller):
        owed(seller, "90.5")
        client = visitor(seller)
        assert "Pay out now?" in client.get("/seller/payouts").content.decode()

        response = client.post("/seller/payouts/request", {"currency": "USD"}, follow=True)

        assert Payout.objects.get().amount == Decimal("90.5")
        page = response.content.decode()
        assert "is on its way" in page
        assert "A payout is under way" in page

    def test_say_why_there_is_none(self, seller):
        client = visitor(seller)

        assert "the smallest payout is 10.00 USD" in client.get("/seller/payouts").content.decode()
        client.post("/seller/payouts/request", {"currency": "USD"})
        assert not Payout.objects.exists()

    def test_are_asked_for_by_those_who_manage_billing(self, seller):
        owed(seller, "90")

        assert visitor(seller, Role.DEVELOPER).post("/seller/payouts/request").status_code == 403

    def test_have_a_schedule(self, seller):
        client = visitor(seller)

        wrong = client.post("/seller/payouts/schedule", {"schedule": "weekly", "threshold": "0"}, **HTMX)
        assert (wrong.status_code, wrong.content.decode().lstrip()[:24]) == (422, '<form id="schedule-form"')
        client.post("/seller/payouts/schedule", {"schedule": "threshold", "threshold": "250"})

        account = SellerAccount.objects.get()
        assert (account.schedule, account.threshold) == ("threshold", 250)

    def test_go_where_the_processors_page_was_filled_in(self, stripe):
        seller = TeamFactory(seller=True)
        client = visitor(seller)
        assert client.post("/seller/payouts/account", {"country": ""}).status_code == 422

        response = client.post("/seller/payouts/account", {"country": "AT"})

        assert response.headers["Location"].startswith(stripe.url)
        account = SellerAccount.objects.get()
        page = client.get("/seller/payouts").content.decode()
        assert "external_account" in page
        stripe.complete_account(account.processor_account)
        assert "Your account can be paid" in client.get("/seller/payouts/return", follow=True).content.decode()
        assert SellerAccount.objects.get().can_be_paid
        assert client.get("/seller/payouts/account").headers["Location"].startswith(stripe.url)

    def test_cannot_be_set_up_without_a_processor(self):
        response = visitor(TeamFactory(seller=True)).post("/seller/payouts/account", {"country": "AT"})

        assert response.status_code == 422
        assert not SellerAccount.objects.exclude(processor_account="").exists()


class TestOperators:
    @pytest.fixture
    def operator(self):
        client = Client()
        client.force_login(UserFactory(operator=True))
        return client

    def test_resolve_a_disputed_invoice(self, operator, invoice):
        visitor(invoice.seller).post(f"/seller/invoices/{invoice.pk}/dispute", {"reason": "rate_change", "text": "No"})

        assert operator.post(page("invoice_answer", invoice), {"text": "Which call?"}).status_code == 302
        assert operator.get(page("invoice_resolve", invoice)).status_code == 200
        assert operator.post(page("invoice_resolve", invoice), {"amount": "x", "text": ""}).status_code == 422
        assert operator.post(page("invoice_resolve", invoice), {"amount": "-2.5", "text": "Half"}).status_code == 302

        invoice.refresh_from_db()
        assert (invoice.state, invoice.adjusted) == ("resolved", Decimal("-2.5"))
        assert operator.post(page("invoice_resolve", invoice), {"amount": "1", "text": "Again"}).status_code == 422

    def test_void_an_invoice(self, operator, invoice):
        operator.post(page("invoice_void", invoice), {"text": "Wrong price"})

        invoice.refresh_from_db()
        assert invoice.state == "voided"

    def test_enter_a_chargeback_once_and_a_window(self, operator):
        account = connected(TeamFactory(seller=True))
        form = {"amount": "-12", "currency": "usd", "kind": "chargeback", "note": "Card stolen"}
        form["key"] = "0b0e1a4e-5f0c-4b52-9d0a-111111111111"

        for _ in range(2):
            assert operator.post(page("selleraccount_adjust", account), form).status_code == 302
        operator.post(page("selleraccount_window", account), {"days": "7"})

        account.refresh_from_db()
        assert account.payout_window_days == 7
        assert [each.amount for each in account.seller.earning_adjustments.all()] == [-12]

    def test_take_a_payout_back_only_after_it_was_sent(self, operator):
        seller = TeamFactory(seller=True)
        connected(seller)
        owed(seller, "50")
        payout = payouts.request(seller=seller, currency="USD", origin="demand", by=None, now=timezone.now())

        response = operator.post(page("payout_take_back", payout))

        assert response.status_code == 422
        assert "Only one that was sent" in response.content.decode()

    def test_are_let_in_by_a_right(self, invoice):
        clerk = Client()
        clerk.force_login(UserFactory(is_staff=True))

        assert clerk.post(page("invoice_void", invoice), {"text": "x"}).status_code == 403


def page(view: str, row: Model) -> str:
    return reverse(f"admin:payouts_{view}", args=[row.pk])
