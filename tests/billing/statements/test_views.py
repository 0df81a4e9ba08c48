"""Pages of statements: the list, one of them, the month so far, files, billing details; each customer their own."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.ledger.models import TransactionKind
from billing.statements import services as statements
from billing.statements.models import BillingDetails, Statement, StatementFile
from tests.factories.accounts import TeamFactory
from tests.factories.statements import IMAGES, at, closed, moved, opened, used
from tests.factories.visitors import HTMX, visitor

pytestmark = pytest.mark.django_db
NOW = at("2026-10-02 12:00")
DETAILS = {"legal_name": "Buyer GmbH", "address": "Ring 1\r\n1010 Wien", "country": "AT", "tax_id": "atu123"}


@pytest.fixture
def statement(wallet) -> Statement:
    moved(wallet, "50", TransactionKind.TOP_UP, at("2026-09-10 12:00"), "Visa ending in 4242")
    used(wallet, "2.0004", at("2026-09-11 12:00"))
    used(wallet, "0.25", at("2026-09-12 12:00"), service_id=IMAGES, usage={"images": 3})
    [statement] = closed(wallet, NOW)
    return statement


def amounts(page: str) -> list[Decimal]:
    return [Decimal(value) for value in re.findall(r'<data class="money" value="([^"]+)"', page)]


class TestList:
    def test_shows_each_month_with_its_total_its_status_and_its_files(self, buyer, statement):
        client = visitor(buyer)
        assert "Being rendered" in client.get("/statements").content.decode()
        statements.render(statement=statement, now=NOW)

        page = client.get("/statements").content.decode()

        assert "September 2026" in page
        assert statement.number in page
        assert "Final" in page
        assert amounts(page)[-2:] == [Decimal("2.2504"), Decimal("47.7496")]
        assert re.findall(r'href="/statements/2026-000001/files/(\w+)"', page) == ["pdf", "xml", "csv", "json"]

    def test_offers_the_month_that_runs(self, buyer, statement):
        page = visitor(buyer).get("/statements").content.decode()

        assert 'href="/statements/so-far?currency=USD"' in page
        assert "October 2026 so far" in page

    def test_says_what_statements_are_when_there_is_none(self, buyer):
        page = visitor(buyer).get("/statements").content.decode()

        assert "No statement yet" in page
        assert 'href="/wallet"' in page

    def test_comes_in_pages_that_htmx_fetches_alone(self, wallet, buyer):
        moved(wallet, "1", TransactionKind.TOP_UP, at("2026-09-10 12:00"))
        closed(wallet, at("2028-12-02 12:00"))

        page = visitor(buyer).get("/statements?page=2", **HTMX).content.decode()

        assert page.lstrip().startswith('<div id="statement-table">')
        assert "September 2026" in page
        assert "November 2028" not in page

    def test_costs_the_same_for_one_as_for_many(self, wallet, buyer, statement, django_assert_num_queries):
        client = visitor(buyer)
        for now in ("2026-11-02 12:00", "2027-03-02 12:00"):
            for each in closed(wallet, at(now)):
                statements.write_file(statement=each, kind="csv", content=b"x", now=NOW)
            # session, user, memberships, count, statements, files, wallets, billing details
            with django_assert_num_queries(8):
                client.get("/statements")

    def test_asks_for_billing_details_of_those_who_may_give_them(self, buyer, statement):
        assert "Add your billing details" in visitor(buyer).get("/statements").content.decode()
        assert "Add your billing details" not in visitor(buyer, "viewer").get("/statements").content.decode()


class TestDetail:
    def test_says_what_the_pdf_says(self, buyer, statement):
        statements.render(statement=statement, now=NOW)

        page = visitor(buyer).get(f"/statements/{statement.number}").content.decode()

        for words in ("Acme Chat", "Image Forge", "3 images", "Visa ending in 4242", "Balance brought forward",
                      "1 September 2026 to 30 September 2026, time zone Europe/Vienna", "Total charged"):  # fmt: skip
            assert words in page
        found = amounts(page)
        assert found[:4] == [Decimal(0), Decimal(50), Decimal("-2.2504"), Decimal("47.7496")]
        assert Decimal("2.2504") in found
        assert Decimal("2.25") in found
        assert "The PDF is being rendered" not in page

    def test_says_when_the_pdf_is_being_rendered(self, buyer, statement):
        page = visitor(buyer).get(f"/statements/{statement.number}").content.decode()

        assert "The PDF is being rendered" in page

    def test_of_the_month_so_far_has_no_files(self, buyer, wallet, statement):
        used(wallet, 4, at("2026-10-11 12:00"))

        page = visitor(buyer).get("/statements/so-far").content.decode()

        assert "October 2026 so far" in page
        assert Decimal(4) in amounts(page)
        assert "/files/" not in page

    def test_of_a_currency_without_a_wallet_is_not_found(self, buyer, statement):
        assert visitor(buyer).get("/statements/so-far?currency=EUR").status_code == 404

    def test_is_shown_to_every_role(self, buyer, statement):
        assert visitor(buyer, "viewer").get(f"/statements/{statement.number}").status_code == 200

    def test_is_nobody_elses(self, statement):
        outsider = visitor(TeamFactory())

        assert outsider.get(f"/statements/{statement.number}").status_code == 404
        assert outsider.get(f"/statements/{statement.number}/files/pdf").status_code == 404
        assert statement.number not in outsider.get("/statements").content.decode()

    def test_costs_the_same_for_one_line_as_for_many(self, buyer, wallet, django_assert_num_queries):
        moved(wallet, "50", TransactionKind.TOP_UP, at("2026-09-10 12:00"))
        used(wallet, 1, at("2026-09-11 12:00"))
        for channel in "abcdef":
            used(wallet, 1, at("2026-10-11 12:00"), channel=channel)
        first, second = closed(wallet, at("2026-11-02 12:00"))
        client = visitor(buyer)
        for each in (first, second):
            # session, user, memberships, statement, files, lines, wallet, movements
            with django_assert_num_queries(8):
                client.get(f"/statements/{each.number}")


class TestFiles:
    @pytest.fixture
    def _rendered(self, statement):
        statements.render(statement=statement, now=NOW)

    @pytest.mark.usefixtures("_rendered")
    @pytest.mark.parametrize(
        ("kind", "content_type"),
        [("pdf", "application/pdf"), ("xml", "application/xml"), ("csv", "text/csv; charset=utf-8"),
         ("json", "application/json")],
    )  # fmt: skip
    def test_are_the_same_bytes_for_every_download(self, buyer, kind, content_type):
        client = visitor(buyer)

        first, second = (client.get(f"/statements/2026-000001/files/{kind}") for _ in range(2))

        assert first.status_code == 200
        assert first.content == second.content == bytes(StatementFile.objects.get(kind=kind).content)
        assert first.headers["Content-Type"] == content_type
        assert first.headers["Content-Disposition"] == f'attachment; filename="statement-2026-000001.{kind}"'
        assert "private" in first.headers["Cache-Control"]
        assert (
            client.get(
                f"/statements/2026-000001/files/{kind}", headers={"If-None-Match": first.headers["ETag"]}
            ).status_code
            == 304
        )

    @pytest.mark.parametrize("kind", ["pdf", "exe", "PDF"])
    def test_that_are_not_there_are_not_found(self, buyer, statement, kind):
        assert visitor(buyer).get(f"/statements/{statement.number}/files/{kind}").status_code == 404


class TestBillingDetails:
    def test_are_printed_from_the_next_statement_on(self, buyer, wallet, statement):
        response = visitor(buyer).post("/statements/billing-details", DETAILS)
        moved(wallet, "1", TransactionKind.TOP_UP, at("2026-10-10 12:00"))
        [following] = closed(wallet, at("2026-11-02 12:00"))

        assert response.status_code == 302
        assert following.customer == {
            "name": "Buyer GmbH",
            "address": ["Ring 1", "1010 Wien"],
            "country": "AT",
            "tax_id": "ATU123",
        }
        assert Statement.objects.get(pk=statement.pk).customer["country"] == ""

    @pytest.mark.parametrize(
        ("field", "value", "complaint"),
        [
            ("legal_name", "", "This field is required"),
            ("country", "XX", "not one of the available choices"),
            ("address", "1\n2\n3\n4", "Write it in 3 lines"),
            ("tax_id", "<b>", "Use letters, digits"),
        ],
    )
    def test_that_cannot_be_printed_come_back_with_the_reason(self, buyer, field, value, complaint):
        response = visitor(buyer).post("/statements/billing-details", {**DETAILS, field: value}, **HTMX)

        assert response.status_code == 422
        assert complaint in response.content.decode()
        assert response.content.decode().lstrip().startswith('<form id="details-form"')
        assert not BillingDetails.objects.exists()

    def test_are_changed_by_those_who_look_after_money_alone(self, buyer):
        assert visitor(buyer, "viewer").post("/statements/billing-details", DETAILS).status_code == 403
        assert visitor(buyer, "developer").get("/statements/billing-details").status_code == 403
        assert visitor(buyer, "billing").get("/statements/billing-details").status_code == 200

    def test_come_back_into_the_form(self, buyer):
        statements.set_billing_details(team=buyer, now=timezone.now(), **DETAILS)

        page = visitor(buyer).get("/statements/billing-details").content.decode()

        assert "Buyer GmbH" in page
        assert '<option value="AT" selected>' in page


def test_strangers_log_in_first(client, db):
    opened(TeamFactory(), at("2026-09-10 12:00"))

    assert client.get("/statements").headers["Location"] == "/accounts/login/?next=/statements"
