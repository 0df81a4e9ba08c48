"""Codes: who redeems them, once, and as often as they may be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from billing.promotions import queries, services
from billing.promotions.models import Redemption
from common import ports
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import NOON
from tests.factories.promotions import Services, promotion

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return TeamFactory(seller=True)


@pytest.fixture
def buyer():
    return TeamFactory()


def with_code(owner, code: str = "WELCOME", **content):
    return promotion(owner, scope={"customers": {"code": code}}, **content)


class TestRedeem:
    def test_writes_down_who_did_it_and_when(self, seller, buyer):
        rule, user = with_code(seller), UserFactory()

        redeemed = services.redeem(team=buyer, code=" WELCOME ", by=user, now=NOON)

        assert (redeemed.rule, redeemed.team, redeemed.redeemed_by, redeemed.redeemed_at) == (rule, buyer, user, NOON)

    def test_forgives_how_a_code_is_written_when_that_is_clear(self, seller, buyer):
        rule = with_code(seller)

        assert services.redeem(team=buyer, code="welcome", by=None, now=NOON).rule == rule

    def test_forgives_blanks_around_the_code_of_the_file(self, seller, buyer):
        rule = with_code(seller, " WELCOME ")

        assert services.redeem(team=buyer, code="WELCOME", by=None, now=NOON).rule == rule

    def test_guesses_nothing_when_two_codes_look_alike(self, seller, buyer):
        with_code(seller, "Welcome")
        rule = with_code(seller, "WELCOME")

        with pytest.raises(services.CodeUnknown):
            services.redeem(team=buyer, code="welcome", by=None, now=NOON)
        assert services.redeem(team=buyer, code="WELCOME", by=None, now=NOON).rule == rule

    @pytest.mark.parametrize("code", ["", "SOMETHING", "W", "%"])
    def test_refuses_an_unknown_code(self, code, seller, buyer):
        with_code(seller)

        with pytest.raises(services.CodeUnknown):
            services.redeem(team=buyer, code=code, by=None, now=NOON)

    @pytest.mark.parametrize("status", ["draft", "paused"])
    def test_says_nothing_of_promotions_that_are_not_active(self, status, seller, buyer):
        with_code(seller, status=status)

        with pytest.raises(services.CodeUnknown):
            services.redeem(team=buyer, code="WELCOME", by=None, now=NOON)

    def test_knows_no_internal_code_of_a_rule_for_all(self, seller, buyer):
        rule = promotion(seller)

        with pytest.raises(services.CodeUnknown):
            services.redeem(team=buyer, code=rule.code, by=None, now=NOON)

    def test_refuses_a_code_that_has_ended(self, seller, buyer):
        with_code(seller, expires_at="2026-11-21T12:00:00+00:00")

        with pytest.raises(services.CodeExpired, match="21 November 2026"):
            services.redeem(team=buyer, code="WELCOME", by=None, now=NOON)
        services.redeem(team=buyer, code="WELCOME", by=None, now=NOON - timedelta(seconds=1))

    def test_refuses_a_second_time(self, seller, buyer):
        with_code(seller)
        services.redeem(team=buyer, code="WELCOME", by=None, now=NOON)

        with pytest.raises(services.CodeAlreadyRedeemed):
            services.redeem(team=buyer, code="WELCOME", by=None, now=NOON)

    def test_refuses_beyond_the_quota(self, seller, buyer):
        with_code(seller, max_uses=1)
        services.redeem(team=TeamFactory(), code="WELCOME", by=None, now=NOON)

        with pytest.raises(services.CodeUsedUp):
            services.redeem(team=buyer, code="WELCOME", by=None, now=NOON)

    def test_refuses_who_is_not_subscribed_to_the_plan(self, seller, buyer, monkeypatch):
        monkeypatch.setattr(ports.plans_of, "_function", lambda teams: {})
        promotion(seller, scope={"customers": {"code": "WELCOME", "subscription": "pro"}})
        with pytest.raises(services.CodeNotForYou, match="pro"):
            services.redeem(team=buyer, code="WELCOME", by=None, now=NOON)

        monkeypatch.setattr(ports.plans_of, "_function", lambda teams: {buyer.pk: frozenset({"pro"})})
        assert services.redeem(team=buyer, code="WELCOME", by=None, now=NOON)

    def test_is_held_to_its_quota_by_the_database_too(self, seller, buyer):
        rule = with_code(seller, max_uses=1)
        services.redeem(team=buyer, code="WELCOME", by=None, now=NOON)

        with pytest.raises(DatabaseError, match="used up"), transaction.atomic():
            Redemption.objects.create(rule=rule, team=TeamFactory(), redeemed_at=NOON)


class TestPlatformRules:
    def test_are_the_platform_s_and_keep_their_names_apart_from_sellers(self, seller):
        promotion(seller, name="summer")
        rule = promotion(None, name="summer")

        assert (rule.seller, rule.funded_by) == (None, "platform")
        with pytest.raises(services.PromotionNameTaken):
            promotion(None, name="summer")

    def test_take_no_code_of_another_rule(self, seller):
        with_code(seller)

        with pytest.raises(services.PromotionCodeTaken):
            with_code(None)


class TestTimes:
    def test_are_written_down_when_a_rule_becomes_active_and_when_it_rests(self, seller):
        rule = promotion(seller, status="draft")
        assert (rule.active_from, rule.active_until) == (None, None)

        rule = services.activate(rule=rule, now=NOON)
        assert (rule.active_from, rule.active_until) == (NOON, None)
        rule = services.activate(rule=rule, now=NOON + timedelta(hours=1))
        assert rule.active_from == NOON

        rule = services.pause(rule=rule, now=NOON + timedelta(hours=2))
        assert (rule.active_from, rule.active_until) == (NOON, NOON + timedelta(hours=2))

    def test_stay_when_an_active_rule_is_stored_again(self, seller):
        rule = promotion(seller, name="summer", now=NOON)
        again = promotion(seller, name="summer", priority=3, now=NOON + timedelta(hours=1))

        assert (again.pk, again.active_from, again.priority) == (rule.pk, NOON, 3)

    def test_of_a_draft_that_is_paused_stay_empty(self, seller):
        rule = services.pause(rule=promotion(seller, status="draft"), now=NOON)

        assert (rule.status, rule.active_from) == ("draft", None)


class TestStatementRules:
    def test_are_given_in_order_with_the_services_that_they_reach(self, seller, buyer, monkeypatch):
        known = Services()
        monkeypatch.setattr(ports.service_facts, "_function", known.facts)
        mine, other = known.add(seller, "acme/chat"), known.add(TeamFactory(seller=True), "other/chat")
        promotion(seller, name="second", apply_at="statement")
        promotion(None, name="first", apply_at="statement", priority=1)
        promotion(seller, name="for calls")
        promotion(seller, name="not yet", apply_at="statement", now=NOON + timedelta(days=1))
        promotion(seller, name="others", apply_at="statement", scope={"customers": [str(TeamFactory().pk)]})

        found = queries.statement_rules(team=buyer, services=[mine, other], at=NOON)

        assert [(rule.name, services) for rule, services in found] == [("first", {mine, other}), ("second", {mine})]
