"""The wallet's page: three numbers, usage, calls and movements, each customer their own."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.rating import services as rating
from billing.wallets import services as wallets
from common import ports
from domain.money import Money
from tests.factories.accounts import TeamFactory
from tests.factories.billing import Process, funded_wallet, price_version, ship, usage_event
from tests.factories.visitors import HTMX, visitor

PRICE = {"type": "one_million_tokens", "input": "0", "output": "1000000"}
SERVICE = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def buyer(db):
    return TeamFactory()


@pytest.fixture
def outsider(db):
    return TeamFactory()


@pytest.fixture(autouse=True)
def _names(monkeypatch):
    monkeypatch.setattr(ports.service_names, "_function", lambda ids: dict.fromkeys(ids, "Acme Chat"))


def used(wallet, output_tokens, **facts):
    """Let a call that ended now be charged one dollar for each output token."""
    now = timezone.now()
    ship(
        usage_event(
            wallet,
            price_version(PRICE),
            service_id=SERVICE,
            usage={"input_tokens": 1200, "output_tokens": output_tokens},
            started_at=now - timedelta(seconds=1),
            finished_at=now,
            **facts,
        )
    )
    rating.settle(limit=10)


def amounts(page):
    """Return every amount of the page, exact."""
    return [Decimal(value) for value in re.findall(r'<data class="money" value="([^"]+)"', page)]


class TestNumbers:
    def test_are_the_balance_the_usage_and_what_is_left(self, buyer):
        wallet = funded_wallet("10", team=buyer, credit_limit="5")
        used(wallet, 3)

        page = visitor(buyer).get("/wallet").content.decode()

        # available, balance, usage, available again, credit limit
        assert amounts(page)[:5] == [Decimal(7), Decimal(10), Decimal(3), Decimal(7), Decimal(5)]
        assert "as of" in page

    def test_say_what_is_set_aside_for_calls_under_way(self, buyer):
        Process().draw(funded_wallet("10", team=buyer), "4")

        page = visitor(buyer).get("/wallet").content.decode()

        assert "is set aside" in page
        assert amounts(page)[5:7] == [Decimal(4), Decimal(6)]

    def test_warn_when_nothing_is_left(self, buyer):
        wallets.open(team=buyer)

        assert "Calls that cost money are refused" in visitor(buyer).get("/wallet").content.decode()

    def test_are_kept_for_each_currency(self, buyer):
        funded_wallet("10", team=buyer)
        euros = wallets.open(team=buyer, currency="EUR")
        wallets.credit(
            wallet=euros, amount=Money(Decimal(3), "EUR"), kind="grant", key="k", note="", by=None, now=timezone.now()
        )
        client = visitor(buyer)

        assert "10.00 USD" in client.get("/wallet").content.decode()
        assert "3.00 EUR" in client.get("/wallet?currency=EUR").content.decode()
        assert "10.00 USD" in client.get("/wallet?currency=GBP").content.decode()

    def test_of_a_customer_without_a_wallet_are_explained(self, buyer):
        assert "No wallet yet" in visitor(buyer).get("/wallet").content.decode()

    def test_are_the_visitors_own(self, buyer, outsider):
        used(funded_wallet("10", team=buyer), 3)
        funded_wallet("99", team=outsider)

        page = visitor(outsider).get("/wallet").content.decode()

        assert amounts(page)[0] == Decimal(99)
        assert "Acme Chat" not in page

    def test_are_shown_to_every_role(self, buyer):
        funded_wallet("10", team=buyer)

        assert visitor(buyer, "viewer").get("/wallet").status_code == 200


class TestUsage:
    def test_of_the_month_is_summed_up_by_service(self, buyer):
        wallet = funded_wallet("10", team=buyer)
        used(wallet, 2)
        used(wallet, 3)

        page = visitor(buyer).get("/wallet").content.decode()

        assert f"Usage in {timezone.now():%B %Y}" in page
        assert re.search(r'<td>Acme Chat</td>\s*<td class="num" data-label="Requests">2</td>', page)
        assert Decimal(5) in amounts(page)

    @pytest.mark.parametrize("month", ["2020-01", "9999-12", "1000-01", "2026-13", "x", "2026-11-05"])
    def test_of_any_month_can_be_asked_for(self, buyer, month):
        funded_wallet("10", team=buyer)

        response = visitor(buyer).get(f"/wallet?month={month}")

        assert response.status_code == 200
        expected = "January 2020" if month == "2020-01" else f"{timezone.now():%B %Y}"
        assert f"Nothing was used in {expected}" in response.content.decode()

    def test_of_the_last_calls_is_listed(self, buyer):
        used(funded_wallet("10", team=buyer), 2, flags=("estimated",), outcome="interrupted")

        page = visitor(buyer).get("/wallet").content.decode()

        assert "1,200 in · 2 out" in page
        assert "Interrupted" in page
        assert "Estimated" in page


class TestTransactions:
    def test_have_a_cause_and_a_running_balance(self, buyer):
        wallet = wallets.open(team=buyer)
        for amount, note in (("5", "Welcome"), ("7.5", "Bank transfer 118")):
            wallets.credit(
                wallet=wallet,
                amount=Money(Decimal(amount), "USD"),
                kind="payment",
                key=note,
                note=note,
                by=None,
                now=timezone.now(),
            )

        page = visitor(buyer).get("/wallet").content.decode()

        assert page.index("Bank transfer 118") < page.index("Welcome")
        assert amounts(page)[-4:] == [Decimal("7.5"), Decimal("12.5"), Decimal(5), Decimal(5)]

    def test_come_in_pages_that_htmx_fetches_alone(self, buyer):
        wallet = wallets.open(team=buyer)
        for number in range(51):
            wallets.credit(
                wallet=wallet,
                amount=Money(Decimal(1), "USD"),
                kind="grant",
                key=str(number),
                note=f"No. {number};",
                by=None,
                now=timezone.now(),
            )

        client = visitor(buyer)
        first = client.get("/wallet/transactions").content.decode()
        address = re.search(r'href="(\?currency=USD&amp;before=\d+)"', first)[1].replace("&amp;", "&")
        second = client.get(f"/wallet/transactions{address}", **HTMX).content.decode()

        assert second.lstrip().startswith('<div id="transactions">')
        assert [f"No. {number};" in first for number in (50, 1, 0)] == [True, True, False]
        assert [f"No. {number};" in second for number in (50, 1, 0)] == [False, False, True]

    def test_stay_on_their_page_when_new_ones_come(self, buyer):
        wallet, client = funded_wallet("10", team=buyer), visitor(buyer)
        before = client.get("/wallet/transactions?before=2").content.decode()

        wallets.credit(
            wallet=wallet,
            amount=Money(Decimal(1), "USD"),
            kind="grant",
            key="new",
            note="",
            by=None,
            now=timezone.now(),
        )

        assert amounts(client.get("/wallet/transactions?before=2").content.decode()) == amounts(before) == [10, 10]

    @pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "²"])
    def test_begin_anew_for_a_key_that_is_none(self, buyer, before):
        funded_wallet("10", team=buyer)

        assert amounts(visitor(buyer).get(f"/wallet/transactions?before={before}").content.decode()) == [10, 10]

    def test_cost_the_same_for_one_as_for_many(self, buyer, django_assert_num_queries):
        wallet, client = funded_wallet("10", team=buyer), visitor(buyer)
        for _ in range(2):
            used(wallet, 1)
            # session, user, memberships, wallets, transactions, daily balance, what moved since, payments under way,
            # usage, charges
            with django_assert_num_queries(10):
                client.get("/wallet")
            with django_assert_num_queries(5):  # session, user, memberships, wallets, transactions
                client.get("/wallet/transactions")
            wallets.credit(
                wallet=wallet,
                amount=Money(Decimal(1), "USD"),
                kind="grant",
                key="more",
                note="",
                by=None,
                now=timezone.now(),
            )
