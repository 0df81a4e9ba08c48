"""The customer's page of promotions."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.teams.models import Role
from billing.promotions.models import PriceRule, Redemption
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.promotions import promotion

pytestmark = pytest.mark.django_db
PAGE = "/promotions"


@pytest.fixture
def buyer():
    return TeamFactory()


def logged_in(client: Client, team, role: str = Role.OWNER) -> Client:
    user = UserFactory()
    team.memberships.create(user=user, role=role)
    client.force_login(user)
    session = client.session
    session["team"] = str(team.pk)
    session.save()
    return client


class TestPage:
    def test_shows_what_lowers_the_prices_of_this_customer(self, client, buyer):
        seller = TeamFactory(seller=True)
        promotion(seller, name="Spring sale", description="For everybody")
        promotion(None, {"type": "constant", "price": "-0.5"}, name="Welcome gift", scope={"services": ["starters"]})
        promotion(seller, name="Secret sale", scope={"customers": {"code": "SECRET"}})
        promotion(seller, name="For others", scope={"customers": [str(TeamFactory().pk)]})
        promotion(seller, name="Resting", status="paused")

        shown = logged_in(client, buyer).get(PAGE).content.decode()

        assert all(word in shown for word in ("Spring sale", "For everybody", "20 % off", "Welcome gift", "starters"))
        assert "0.5 off each call" in shown
        assert not any(word in shown for word in ("Secret sale", "For others", "Resting", "SECRET"))

    def test_is_empty_with_one_thing_to_do(self, client, buyer):
        shown = logged_in(client, buyer).get(PAGE).content.decode()

        assert "No promotion lowers your prices now" in shown
        assert 'href="/market"' in shown

    def test_takes_the_same_number_of_queries_however_many_there_are(
        self, client, buyer, django_assert_max_num_queries
    ):
        logged_in(client, buyer)
        for number in range(12):
            promotion(TeamFactory(seller=True), name=f"promotion {number}")

        with django_assert_max_num_queries(8):
            client.get(PAGE)


class TestRedeeming:
    def test_adds_the_promotion_to_the_list(self, client, buyer):
        promotion(TeamFactory(seller=True), name="Secret sale", scope={"customers": {"code": "SECRET"}})

        shown = logged_in(client, buyer).post(PAGE, {"code": "SECRET"}, follow=True).content.decode()

        assert "lowers the price of your calls" in shown
        assert "Secret sale" in shown
        assert Redemption.objects.get().team == buyer

    @pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
    def test_says_what_is_wrong_with_a_code(self, headers, client, buyer):
        answer = logged_in(client, buyer).post(PAGE, {"code": "<b>NOPE</b>"}, headers=headers)

        assert answer.status_code == 422
        shown = answer.content.decode()
        assert "There is no promotion with the code" in shown
        assert "<b>NOPE</b>" not in shown
        assert ("<html" in shown) is (not headers)

    def test_answers_htmx_with_a_redirect(self, client, buyer):
        promotion(TeamFactory(seller=True), scope={"customers": {"code": "SECRET"}})

        answer = logged_in(client, buyer).post(PAGE, {"code": "SECRET"}, headers={"HX-Request": "true"})

        assert answer.headers["HX-Redirect"] == PAGE

    @pytest.mark.parametrize(("role", "code"), [(Role.BILLING, 302), (Role.DEVELOPER, 403), (Role.VIEWER, 403)])
    def test_is_for_those_who_manage_billing(self, role, code, client, buyer):
        promotion(TeamFactory(seller=True), scope={"customers": {"code": "SECRET"}})
        logged_in(client, buyer, role)

        assert client.post(PAGE, {"code": "SECRET"}).status_code == code
        assert ("Ask an owner" in client.get(PAGE).content.decode()) is (code == 403)


class TestAdmin:
    CONTENT = {
        "name": "Launch week",
        "description": "",
        "pricing": '{"type": "multiply", "factor": "0.5"}',
        "scope": "",
        "apply_at": "request",
        "priority": "0",
        "status": "active",
        "expires_at_0": "2027-01-01",
        "expires_at_1": "00:00",
        "max_uses": "10",
    }

    @pytest.fixture
    def operator(self, client):
        client.force_login(UserFactory(operator=True))
        return client

    def test_stores_a_promotion_of_the_platform(self, operator):
        answer = operator.post(reverse("admin:promotions_pricerule_add"), self.CONTENT)

        assert answer.status_code == 302, answer.content.decode()
        rule = PriceRule.objects.get()
        assert (rule.seller, rule.name, rule.status, rule.max_uses) == (None, "Launch week", "active", 10)
        assert rule.active_from is not None
        change = reverse("admin:promotions_pricerule_change", args=[rule.pk])
        assert operator.post(change, {**self.CONTENT, "priority": "7"}).status_code == 302
        assert PriceRule.objects.get().priority == 7

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"pricing": '{"type": "revenue_share", "percentage": "5"}'}, "revenue_share"),
            ({"scope": '{"services": "all"}'}, "must be"),
            ({"name": "taken"}, "Choose another name"),
        ],
    )
    def test_says_what_is_wrong(self, changes, said, operator):
        promotion(None, name="taken")

        shown = operator.post(reverse("admin:promotions_pricerule_add"), {**self.CONTENT, **changes}).content.decode()

        assert said in shown

    def test_leaves_a_seller_s_promotion_to_the_seller_but_for_pausing_it(self, operator):
        rule = promotion(TeamFactory(seller=True))
        change = reverse("admin:promotions_pricerule_change", args=[rule.pk])

        assert operator.post(change, self.CONTENT).status_code == 403
        operator.post(
            reverse("admin:promotions_pricerule_changelist"), {"action": "pause", "_selected_action": [rule.pk]}
        )
        rule.refresh_from_db()
        assert (rule.status, rule.active_until is None) == ("paused", False)
