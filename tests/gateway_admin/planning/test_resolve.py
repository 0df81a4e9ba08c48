"""`resolve` of the published client: what a call would do, read from what was really published."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from unitysvc import Client
from unitysvc.exceptions import APIError, NotFoundError, ValidationError

from accounts.teams.models import Role, Team
from gateway_admin.aliases import services as aliases
from gateway_admin.api_keys import services as api_keys
from gateway_admin.broadcasts import services as broadcasts
from gateway_admin.chains import services as chains
from gateway_admin.collections import services as collections
from gateway_admin.planning import queries
from gateway_admin.planning.queries import Asked
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON, funded_wallet
from tests.factories.marketplace import make_service


@pytest.fixture
def customer(transactional_db: None) -> Team:
    team = TeamFactory(name="buyer")
    funded_wallet("10", team=team)
    return team


@pytest.fixture
def client(customer: Team, live_server) -> Iterator[Client]:
    _, key = api_keys.issue(team=customer, role=Role.OWNER, name="program", by=None, now=NOON)
    with Client(api_key=key, base_url=f"{live_server.url}/v1") as found:
        yield found


def named(team: Team, name: str, target: str, **more: object):
    return aliases.create(team=team, name=name, target_path=target, by=None, now=NOON, **more)


class TestResolve:
    def test_tells_the_service_behind_a_path(self, client):
        service = make_service()

        found = client.resolve(path=f"p/{service.name}")

        assert found.selected.service_id == service.pk
        assert [each.service_name for each in found.candidates] == [service.name]

    def test_follows_an_alias_to_the_cheapest_of_a_collection(self, client, customer):
        dear = make_service(listing={"list_price": {"type": "constant", "price": "2"}})
        cheap = make_service(listing={"list_price": {"type": "constant", "price": "1"}})
        made = collections.create(team=customer, name="pool", by=None, now=NOON)
        for each in (dear, cheap):
            collections.add_member(collection=made, service=each)
        named(customer, "llm", "g/pool")

        found = client.resolve(path="a/llm", strategy="by_price")

        assert found.selected.service_id == cheap.pk
        assert {each.service_id for each in found.candidates} == {dear.pk, cheap.pk}
        assert found.routing_strategy.to_dict()["name"] == "by_price"

    def test_chooses_nobody_before_the_model_is_known(self, client, customer):
        made = collections.create(team=customer, name="pool", by=None, now=NOON)
        services = {model: make_service() for model in ("small", "large")}
        for model, service in services.items():
            collections.add_member(collection=made, service=service, routing_key={"model": model})

        unknown = client.resolve(path="g/pool")
        known = client.resolve(path="g/pool", routing_key={"model": "large"})

        assert unknown.selected is None
        assert unknown.routing_strategy.to_dict()["content_dependent"] is True
        assert {each.service_id for each in unknown.candidates} == {each.pk for each in services.values()}
        assert known.selected.service_id == services["large"].pk
        assert known.routing_strategy.to_dict()["content_dependent"] is False

    def test_says_why_a_call_would_be_refused(self, client, customer):
        named(customer, "one", "c/loop")
        step = chains.StepContent(name="back", target_path="a/one")
        chains.create(team=customer, name="loop", steps=[step], by=None, now=NOON)

        with pytest.raises(NotFoundError, match="no alias"):
            client.resolve(path="a/nothing")
        with pytest.raises(ValidationError, match="leads back to itself"):
            client.resolve(path="a/one")
        with pytest.raises(APIError):
            client.resolve(path="z/nothing")


class TestPlan:
    def test_adds_up_what_a_broadcast_holds(self, customer):
        services = [make_service(listing={"list_price": {"type": "constant", "price": price}}) for price in "12"]
        targets = [broadcasts.TargetContent(name=f"t{n}", target_path=f"p/{s.name}") for n, s in enumerate(services)]
        broadcasts.create(team=customer, name="all", targets=targets, by=None, now=NOON)

        planned = queries.plan(team=customer, asked=Asked(path="b/all"))

        assert planned.explained["hold"] == {"USD": "3.000000000000"}

    def test_holds_by_the_body_that_is_asked_about(self, customer):
        service = make_service(listing={"list_price": {"type": "one_token", "input": "0", "output": "1"}})
        body = {"model": "m", "max_tokens": 7}

        planned = queries.plan(team=customer, asked=Asked(path=f"p/{service.name}", body=body))

        assert planned.explained["hold"] == {"USD": "7.000000000000"}

    def test_names_what_is_missing_for_each_candidate(self, customer):
        byok = {"default": {"base_url": "https://up.example", "api_key": "${ customer_secrets.UPSTREAM_KEY }"}}
        service = make_service(offering={"upstream_access_config": byok})
        made = collections.create(team=customer, name="pool", by=None, now=NOON)
        collections.add_member(collection=made, service=service)
        collections.add_member(collection=made, service=make_service())

        planned = queries.plan(team=customer, asked=Asked(path="g/pool"))

        outs = {each["service_id"]: each["out"] for each in planned.explained["plan"]["candidates"]}
        assert "UPSTREAM_KEY" in outs[str(service.pk)] or outs[str(service.pk)].startswith("secret_missing")
        assert sorted(map(bool, outs.values())) == [False, True]
