"""Earnings, invoices, balances and payouts over the sellers' API."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.teams.models import Role, Team
from billing.payouts.models import Invoice, InvoiceState, Payout
from tests.factories.accounts import TeamFactory
from tests.factories.payouts import IN_DECEMBER, NOVEMBER, connected, invoiced, owed, sold, used
from tests.factories.programs import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice() -> Invoice:
    seller, service = sold()
    used(service, requests=5, paid="100", input_tokens="1200")
    return invoiced(seller, now=timezone.now())


@pytest.fixture
def seller(invoice) -> Team:
    return invoice.seller


@pytest.fixture
def call(seller) -> Caller:
    return Caller(seller)


class TestInvoices:
    def test_are_listed_newest_first_and_page_by_page(self, call, seller, invoice):
        used(invoice.lines.get().service_id, paid="10", period=NOVEMBER.replace(month=12))
        december = invoiced(seller, period=NOVEMBER.replace(month=12), now=IN_DECEMBER.replace(year=2027))

        first = call("GET", "/invoices?limit=1").json()
        second = call("GET", f"/invoices?limit=1&cursor={first['next_cursor']}").json()

        assert [row["id"] for row in first["data"] + second["data"]] == [str(december.pk), str(invoice.pk)]
        assert (first["has_more"], second["has_more"]) == (True, False)
        assert call("GET", "/invoices?state=voided").json()["data"] == []

    def test_add_up_and_show_the_arithmetic_of_every_line(self, call, invoice):
        told = call("GET", f"/invoices/{invoice.pk}").json()

        amounts = {name: Decimal(told[name]) for name in ("opening", "paid_out", "earned", "adjusted", "closing")}
        assert amounts["opening"] - amounts["paid_out"] + amounts["earned"] + amounts["adjusted"] == amounts["closing"]
        (line,) = told["lines"]
        assert (line["customer_charge"], line["payout"], line["requests"]) == ("100", "70", 5)
        assert line["metrics"] == {"input_tokens": "1200"}
        assert line["price"] == {"type": "revenue_share", "percentage": "70"}
        assert Decimal(line["trace"]["cost"]) == 70
        assert "70 %" in line["price_in_words"]

    def test_are_disputed_once(self, call, invoice):
        body = {"reason": "service_issue", "text": "Requests of the last day are missing."}

        told = call("POST", f"/invoices/{invoice.pk}/dispute", body).json()
        again = call("POST", f"/invoices/{invoice.pk}/dispute", body)

        assert (told["state"], told["reason"]) == ("disputed", "service_issue")
        assert [(note["by"], note["text"]) for note in told["notes"]] == [("seller", body["text"])]
        assert (again.status_code, "can no longer be disputed" in again.json()["detail"]) == (400, True)

    @pytest.mark.parametrize("body", [{}, {"reason": "mood", "text": "x"}, {"reason": "billing_error", "text": " "}])
    def test_are_not_disputed_without_a_reason(self, call, invoice, body):
        assert call("POST", f"/invoices/{invoice.pk}/dispute", body).status_code == 422
        assert Invoice.objects.get().state == InvoiceState.GENERATED

    def test_are_documents_too(self, call, invoice):
        answer = call("GET", f"/invoices/{invoice.pk}/pdf")

        assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")


class TestEarnings:
    def test_of_a_month_are_told_by_service(self, call, invoice):
        told = call("GET", "/earnings?month=2026-11").json()

        assert told["period"] == "2026-11-01"
        assert [(row["payout"], row["customer_charge"], row["currency"]) for row in told["data"]] == [
            ("70", "100", "USD")
        ]

    def test_of_this_month_are_an_estimate(self, call):
        assert call("GET", "/earnings").json()["is_estimate"] is True

    @pytest.mark.parametrize("month", ["november", "2026-13", "2026-11-01", ""])
    def test_of_no_month_are_refused(self, call, month):
        assert call("GET", f"/earnings?month={month}").status_code == 422


class TestBalance:
    def test_says_what_is_owed_and_what_stands_in_the_way(self, call, seller):
        owed(seller, "120.505")

        told = call("GET", "/balance").json()

        (row,) = told["data"]
        assert (row["current_balance"], row["payable"]) == ("120.505", "120.5")
        assert row["hindrance"] == "There is no account to pay to yet. Set up payouts first."
        assert told["payout_window_days"] > 0


class TestPayouts:
    def test_are_asked_for_and_listed(self, call, seller):
        owed(seller, "120")
        connected(seller)

        asked = call("POST", "/payouts", {})

        assert asked.status_code == 201
        assert (asked.json()["amount"], asked.json()["state"]) == ("120", "pending")
        assert [row["id"] for row in call("GET", "/payouts").json()["data"]] == [asked.json()["id"]]
        assert call("GET", f"/payouts/{asked.json()['id']}").json() == asked.json()

    def test_that_cannot_be_made_say_why(self, call, seller):
        connected(seller)

        answer = call("POST", "/payouts", {"currency": "USD"})

        assert answer.status_code == 400
        assert "the smallest payout is" in answer.json()["detail"]
        assert not Payout.objects.exists()

    def test_need_somebody_who_may_handle_money(self, seller):
        owed(seller, "120")
        connected(seller)

        assert Caller(seller, role=Role.DEVELOPER)("POST", "/payouts", {}).status_code == 403
        assert Caller(seller, role=Role.VIEWER)("GET", "/payouts").status_code == 200
        assert not Payout.objects.exists()


class TestOutsiders:
    def test_find_nothing(self, invoice, call, seller):
        owed(seller, "120")
        connected(seller)
        payout = call("POST", "/payouts", {}).json()["id"]
        other = Caller(TeamFactory(seller=True))

        for path in (f"/invoices/{invoice.pk}", f"/invoices/{invoice.pk}/pdf", f"/payouts/{payout}"):
            assert other("GET", path).status_code == 404
        body = {"reason": "billing_error", "text": "Mine now."}
        assert other("POST", f"/invoices/{invoice.pk}/dispute", body).status_code == 404
        assert other("GET", "/invoices").json()["data"] == other("GET", "/payouts").json()["data"] == []
