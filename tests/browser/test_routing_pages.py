"""Aliases, collections, chains, broadcasts and the test of a path in a real browser: both themes, wide and narrow."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.teams.models import Team
from accounts.users.models import User
from gateway_admin.aliases import queries
from gateway_admin.aliases import services as aliases
from gateway_admin.broadcasts import services as broadcasts
from gateway_admin.chains import services as chains
from gateway_admin.collections import services as collections
from marketplace.catalog.models import Service
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import funded_wallet
from tests.factories.marketplace import make_service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "p/a-provider-with-a-long-name/a-service-with-a-very-long-name-that-has-no-place-to-break/v1/chat/completions"


@pytest.fixture
def buyer(transactional_db: None) -> User:
    return UserFactory(email="buyer@example.org", full_name="Ada")


@pytest.fixture
def team(buyer: User) -> Team:
    return funded_wallet("50", team=TeamFactory(owner=buyer)).team


@pytest.fixture
def service(transactional_db: None) -> Service:
    return make_service(namespace="acme", listing={"display_name": "Acme Chat"})


@pytest.fixture
def pages(buyer: User, team: Team, service: Service) -> list[str]:
    """The addresses of the pages, with things in every state."""
    made = {"team": team, "by": buyer, "now": timezone.now()}
    aliases.create(name="chat", target_path=f"p/{service.name}", **made)
    standby = aliases.create(name="chat", target_path=LONG, description="Better, and dearer.", **made)
    aliases.create(name="chat", target_path="g/pool", request_routing_key={"model": "llama-3.1-70b"}, **made)
    aliases.create(name="a-name-" + "that-is-long-" * 6, target_path=LONG, is_routing=False, **made)
    aliases.create(
        team=TeamFactory(seller=True, display_name="Acme"), name="chat", target_path="p/x", by=None, now=made["now"]
    )
    switch = aliases.switch(team=team, identifier=str(standby.pk), by=buyer, now=made["now"])
    last = queries.switches(team=team, name=switch.alias.name).first()
    assert last is not None
    pool = collections.create(name="pool", display_name="The pool", **made)
    byok = {"default": {"base_url": "https://up.example", "api_key": "${ customer_secrets.UPSTREAM_KEY }"}}
    for each in (service, make_service(offering={"upstream_access_config": byok})):
        collections.add_member(collection=pool, service=each, routing_key={"model": "llama-3"})
    target = f"p/{service.name}"
    steps = [
        chains.StepContent("draft", target, 1, on_success="judge", on_failure="spare"),
        chains.StepContent("judge", f"f/{target}?_else=g/pool", 2, body={"text": "{{ steps.draft.body }}"}),
        chains.StepContent("spare", LONG, 3),
    ]
    chain = chains.create(name="write", steps=steps, description="Draft, then judge.", **made)
    targets = [broadcasts.TargetContent("one", "c/write"), broadcasts.TargetContent("two", LONG, {"model": "m"}, 1)]
    broadcast = broadcasts.create(name="all", targets=targets, policy="quorum", quorum=2, enabled=False, **made)
    return [
        "/aliases",
        f"/aliases?switched={last.pk}",
        "/aliases/names/chat",
        "/aliases/new",
        f"/aliases/{standby.pk}",
        "/collections",
        "/collections/new",
        f"/collections/{pool.pk}",
        f"/collections/{pool.pk}/edit",
        f"/collections/{pool.pk}/members/{service.pk}",
        "/chains",
        "/chains/new",
        f"/chains/{chain.pk}",
        f"/chains/{chain.pk}/edit",
        "/broadcasts",
        f"/broadcasts/{broadcast.pk}",
        f"/broadcasts/{broadcast.pk}/edit",
        "/resolve",
        "/resolve?path=g/pool",
        "/resolve?path=c/write",
        "/resolve?path=b/all",
        "/resolve?path=a/nothing",
    ]


class TestEveryPage:
    def test_has_no_barriers(self, visit, buyer, pages):
        visitor = visit(user=buyer)

        found = {path: visitor.faults(path) for path in pages}

        assert {path: faults for path, faults in found.items() if faults} == {}


class TestAJourney:
    @pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
    def test_from_a_name_to_another_target_and_back(self, visit, buyer, team, service, scripts):
        page = visit(user=buyer, scripts=scripts).go("/aliases")
        page.get_by_role("link", name="Create an alias").click()
        page.get_by_label("Name", exact=True).fill("chat")
        page.get_by_label("Leads to").fill("x")
        page.get_by_role("button", name="Create alias").click()
        expect(page.get_by_role("alert")).to_contain_text("cannot be called")
        page.get_by_label("Leads to").fill(f"p/{service.name}")
        page.get_by_role("button", name="Create alias").click()
        expect(page.get_by_text("chat leads to p/acme/chat.")).to_be_visible()

        page.get_by_role("link", name="Add a target").click()
        page.get_by_label("Leads to").fill("p/acme/other")
        page.get_by_role("button", name="Create alias").click()
        page.get_by_role("link", name="Test a/chat").click()
        expect(page.get_by_text("Held while it runs")).to_be_visible()

        page.goto(page.url.split("/resolve")[0].split("/aliases")[0] + "/aliases")
        page.get_by_role("button", name="Switch chat to p/acme/other").click()
        expect(page.get_by_text("now leads to p/acme/other")).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("now leads to p/acme/chat")).to_be_visible()
        assert [each.target_path for each in queries.aliases(team=team) if each.is_routing] == ["p/acme/chat"]

    def test_makes_a_chain_whose_steps_go_to_each_other(self, visit, buyer, team):
        page = visit(user=buyer).go("/chains/new")
        page.locator("#id_name").fill("write")
        for place, name in enumerate(("draft", "judge")):
            page.locator(f"#id_steps-{place}-name").fill(name)
            page.locator(f"#id_steps-{place}-target_path").fill("p/acme/chat")
        page.get_by_role("button", name="More steps").click()
        expect(page.locator("#id_steps-3-name")).to_be_visible()
        page.locator("#id_steps-0-on_success").select_option("Go to judge")
        page.get_by_role("button", name="Create chain").click()

        expect(page.get_by_text("On success: go to judge.")).to_be_visible()
