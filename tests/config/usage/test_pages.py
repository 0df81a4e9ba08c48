"""The pages of usage: what they say, what they ask of the database, and the file."""

from __future__ import annotations

import csv
import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest
from django.test import Client

from accounts.teams.models import Role, Team
from accounts.users.models import User
from billing.wallets.models import Wallet
from gateway_admin.api_keys import services as api_keys
from marketplace.catalog.models import Service
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.marketplace import make_service
from tests.factories.statements import at, closed, opened, used

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 10, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(time_machine) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def buyer() -> User:
    return UserFactory(email="buyer@example.org")


@pytest.fixture
def wallet(buyer: User) -> Wallet:
    wallet = opened(TeamFactory(owner=buyer), at("2026-09-01 10:00"))
    Wallet.objects.filter(pk=wallet.pk).update(credit_limit=Decimal(1000))
    return wallet


@pytest.fixture
def chat() -> Service:
    return make_service(TeamFactory(seller=True), listing={"display_name": "Chat <3"})


@pytest.fixture
def logged_in(client: Client, buyer: User) -> Client:
    client.force_login(buyer)
    return client


def drawing(page: str) -> ElementTree.Element:
    """The chart as a reader of XML has it: a wrong drawing is no XML."""
    found = re.search(r'<svg class="usage-chart".*?</svg>', page, re.DOTALL)
    assert found is not None
    return ElementTree.fromstring(found.group())


class TestUsagePage:
    def test_shows_the_month_with_a_title_a_description_and_a_table(self, logged_in, wallet, chat):
        used(wallet, "1.5", at("2026-10-02 12:00"), service_id=chat.pk)
        used(wallet, 2, at("2026-10-03 12:00"), service_id=chat.pk)

        page = logged_in.get("/usage").content.decode()

        svg = drawing(page)
        assert [each.tag for each in svg][:2] == ["title", "desc"]
        assert svg[0].text == "Charged by day, stacked by service"
        assert "3.50 USD in all, from 1 Oct to 31 Oct. Chat <3: 3.50 USD." in (svg[1].text or "")
        (bars,) = (each for each in svg if each.get("class") == "usage-bars")
        # 31 days of 960: the 2nd begins at 31, the 3rd, the highest, at 61.9 and fills the height of 240
        assert bars.get("d") == "M31 240V60h24.8V240zM61.9 240V0h24.8V240z"
        assert bars.get("fill") == "url(#usage-0)"
        assert 'id="usage-0"' in page
        assert re.search(r"<th[^>]*>2 Oct</th>\s*<td[^>]*>1.50 USD</td>", page)
        assert "Chat &lt;3" in page

    def test_stacks_the_largest_at_the_bottom_and_the_rest_together(self, logged_in, wallet):
        services = [make_service(listing={"display_name": f"Service {n}"}) for n in range(9)]
        for number, service in enumerate(services):
            used(wallet, number + 1, at("2026-10-02 12:00"), service_id=service.pk)

        svg = drawing(logged_in.get("/usage").content.decode())

        assert (svg[1].text or "").split(". ")[1:8] == [
            *(f"Service {n}: {n + 1}.00 USD" for n in (8, 7, 6, 5, 4, 3)),
            "3 others: 6.00 USD",
        ]
        paths = [each.get("d", "") for each in svg if each.get("class") == "usage-bars"]
        ends = [tuple(map(float, re.findall(r"M\S+ ([\d.]+)V([\d.]+)", path)[0])) for path in paths]
        assert ends[0][0] == 240
        assert [top for _, top in ends[:-1]] == [bottom for bottom, _ in ends[1:]]
        assert ends[-1][1] == 0

    def test_picks_names_by_a_text_and_failures_alone(self, logged_in, wallet, chat):
        other = make_service(listing={"display_name": "Vectors"})
        used(wallet, "1.5", at("2026-10-02 12:00"), service_id=chat.pk)
        used(wallet, 4, at("2026-10-02 12:00"), service_id=other.pk)
        used(wallet, 0, at("2026-10-03 12:00"), service_id=other.pk, outcome="refused", status=500)

        by_text = logged_in.get("/usage?text=CHAT").content.decode()
        failed = logged_in.get("/usage?errors_only=on&show=calls").content.decode()

        assert ">1.50 USD<" in by_text
        assert "Vectors: " not in by_text
        assert "the statement so far" not in by_text
        assert "Vectors: 1. The numbers" in (drawing(failed)[1].text or "")
        csv_of = logged_in.get("/usage.csv?text=vec").content.decode()
        assert "Vectors" in csv_of
        assert "Chat" not in csv_of

    def test_leads_to_the_failed_calls_of_the_same_time_in_the_request_logs(self, logged_in, wallet, chat):
        used(wallet, "1.5", at("2026-10-02 12:00"), service_id=chat.pk)
        assert "failed calls in the request logs" not in logged_in.get("/usage").content.decode()
        used(wallet, 0, at("2026-10-03 12:00"), service_id=chat.pk, outcome="refused", status=500)

        page = logged_in.get(f"/usage?service_id={chat.pk}").content.decode()

        (address,) = re.findall(r'href="(/request-logs\?[^"]+)"', page)
        asked = dict(parse_qsl(urlsplit(html.unescape(address)).query))
        assert asked == {
            "errors_only": "on",
            "start_time": "2026-10-01T00:00:00",
            "end_time": "2026-11-01T00:00:00",
            "service_id": str(chat.pk),
        }
        assert logged_in.get(html.unescape(address)).status_code == 200

    def test_asks_little_whatever_was_used(self, logged_in, wallet, chat, django_assert_max_num_queries):
        for number in range(8):
            used(wallet, 1, at("2026-10-02 12:00") + timedelta(hours=number), service_id=chat.pk)
        logged_in.get("/usage")

        with django_assert_max_num_queries(12):
            page = logged_in.get("/usage")

        assert len(page.content) < 100_000

    def test_has_the_total_of_the_statement_and_leads_to_it(self, logged_in, wallet, chat):
        used(wallet, "2.0004", at("2026-09-11 12:00"), service_id=chat.pk)
        (statement,) = closed(wallet, at("2026-10-01 07:00"))

        page = logged_in.get("/usage?month=2026-09").content.decode()

        assert f"/statements/{statement.number}" in page
        assert f'<data class="money" value="{statement.usage:f}">2.0004 USD</data> of usage' in page

    def test_narrows_by_what_the_logs_narrow_by(self, logged_in, wallet, chat):
        key, _ = api_keys.issue(team=wallet.team, role="developer", name="ci", by=None, now=NOW)
        used(wallet, 4, at("2026-10-02 12:00"), service_id=chat.pk, path="/a/llm", api_key_id=key.pk)
        used(wallet, 1, at("2026-10-02 12:00"), service_id=make_service().pk)

        for query in (f"service_id={chat.pk}", "alias=a/llm", f"api_key_id={key.pk}"):
            svg = drawing(logged_in.get(f"/usage?{query}").content.decode())
            assert (svg[1].text or "").startswith("4.00 USD in all")
        by_key = drawing(logged_in.get("/usage?by=key").content.decode())
        assert f"ci ({key.prefix}…): 4.00 USD. Made by the platform for you: 1.00 USD" in (by_key[1].text or "")
        by_name = drawing(logged_in.get("/usage?by=alias").content.decode())
        assert "a/llm: 4.00 USD" in (by_name[1].text or "")

    def test_shows_hours_of_short_times_in_the_clocks_of_the_wallet(self, logged_in, wallet, chat):
        Wallet.objects.filter(pk=wallet.pk).update(time_zone="Asia/Kolkata")
        used(wallet, 4, at("2026-10-20 12:40"), service_id=chat.pk)

        page = logged_in.get("/usage?start_time=2026-10-20T18:00&end_time=2026-10-20T20:00").content.decode()

        assert "4.00 USD in all, from 20 Oct, 18:00 to 20 Oct, 19:00" in (drawing(page)[1].text or "")

    def test_says_what_is_wrong_with_times(self, logged_in, wallet):
        answer = logged_in.get("/usage?start_time=2026-10-20T18:00&end_time=2026-10-20T17:00")

        assert answer.status_code == 422
        assert "nothing lies between these times" in answer.content.decode()
        assert logged_in.get("/usage?start_time=2025-01-01T00:00").status_code == 422

    def test_counts_calls_where_nothing_was_charged(self, logged_in, wallet, chat):
        used(wallet, 1, at("2026-10-02 12:00"), service_id=chat.pk, status=500)

        svg = drawing(logged_in.get("/usage").content.decode())

        assert svg[0].text == "Calls by day, stacked by service"

    def test_has_something_to_do_for_those_without_usage(self, logged_in, buyer, wallet):
        assert "No calls this month" in logged_in.get("/usage").content.decode()
        other = UserFactory()
        TeamFactory(owner=other)
        logged_in.force_login(other)
        assert "No usage yet" in logged_in.get("/usage").content.decode()
        assert logged_in.get("/usage.csv").status_code == 404

    def test_survives_a_hostile_address(self, logged_in, wallet):
        for query in ("month=2026-99", "month=0001-01", "service_id=x", "by=<script>", "currency=EUR", "alias=%00"):
            assert logged_in.get(f"/usage?{query}").status_code in (200, 422)


class TestFile:
    def test_has_the_numbers_of_the_page_exactly(self, logged_in, wallet, chat):
        used(wallet, "0.0004", at("2026-10-02 12:00"), service_id=chat.pk, path="/a/llm")
        used(wallet, 2, at("2026-10-02 12:00"), service_id=chat.pk, status=500)

        answer = logged_in.get("/usage.csv?by=service&month=2026-10")

        rows = list(csv.DictReader(answer.content.decode().splitlines()))
        assert rows == [
            {
                "from": "2026-10-02T00:00:00+00:00",
                "service": str(chat.pk),
                "name": "Chat <3",
                "calls": "1",
                "failures": "1",
                "amount": "0.000400000000",
                "currency": "USD",
            }
        ]
        assert answer["Content-Disposition"] == 'attachment; filename="usage-2026-10.csv"'


class TestSalesPage:
    @pytest.fixture
    def seller(self, client: Client, chat: Service) -> Team:
        user = UserFactory()
        chat.seller.memberships.create(user=user, role=Role.OWNER)
        client.force_login(user)
        return chat.seller

    def test_shows_all_customers_together_and_nobody_in_particular(self, client, seller, wallet, chat):
        used(wallet, 3, at("2026-10-02 12:00"), service_id=chat.pk, path="/a/secret-name")
        used(wallet, 5, at("2026-10-02 12:00"), service_id=make_service().pk)

        page = client.get("/seller/usage").content.decode()

        assert "3.00 USD in all" in (drawing(page)[1].text or "")
        assert "secret-name" not in page
        assert wallet.team.name not in page
        assert ",3.000000000000,USD" in client.get("/seller/usage.csv").content.decode()

    def test_is_no_page_of_customers(self, logged_in, wallet):
        assert logged_in.get("/seller/usage").status_code == 404
        assert logged_in.get("/seller/usage.csv").status_code == 404

    def test_is_where_sellers_are_led(self, client, seller):
        assert client.get("/usage")["Location"] == "/seller/usage"

    def test_asks_little_whatever_was_sold(self, client, seller, wallet, chat, django_assert_max_num_queries):
        for number in range(5):
            used(wallet, 1, at("2026-10-02 12:00") + timedelta(days=number), service_id=chat.pk)

        with django_assert_max_num_queries(12):
            assert client.get("/seller/usage").status_code == 200
