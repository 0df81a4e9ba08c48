"""The page that tests a path: the plan in words, and the gateway's own sentence when a call would be refused."""

from __future__ import annotations

import pytest

from gateway_admin.aliases import services as aliases
from gateway_admin.broadcasts import services as broadcasts
from gateway_admin.chains import services as chains
from gateway_admin.collections import services as collections
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON, funded_wallet
from tests.factories.marketplace import make_service
from tests.factories.visitors import HTMX, visitor


@pytest.fixture
def buyer(db):
    return funded_wallet("10", team=TeamFactory()).team


def priced(price, **changes):
    return make_service(listing={"list_price": {"type": "constant", "price": price}}, **changes)


def plan(team, path, **more):
    return visitor(team).post("/resolve", {"path": path, **more}).content.decode()


class TestForm:
    def test_asks_before_it_plans(self, buyer):
        page = visitor(buyer).get("/resolve").content.decode()

        assert "Test a path" in page
        assert "Held while it runs" not in page

    @pytest.mark.parametrize("seed", ["18446744073709551616", "1" + "0" * 400, "-1.5e300"])
    def test_plans_a_body_with_a_number_of_any_size(self, buyer, seed):
        page = plan(buyer, f"p/{priced('0.5').name}", body=f'{{"seed": {seed}, "max_tokens": {seed}}}')

        assert "Held while it runs" in page

    @pytest.mark.parametrize("body", ['{"a": "\\ud800"}', '{"a": NaN}', '{"a":' * 400 + "1" + "}" * 400, "[" * 50_000])
    def test_refuses_a_body_that_is_no_json(self, buyer, body):
        assert "Write it as JSON" in plan(buyer, f"p/{priced('0.5').name}", body=body)

    def test_is_for_viewers_too(self, buyer):
        assert visitor(buyer, "viewer").get("/resolve?path=a/none").status_code == 200

    @pytest.mark.parametrize(
        ("wrong", "field"), [({"path": ""}, "path"), ({"body": "{"}, "body"), ({"body": "[1]"}, "body")]
    )
    def test_names_what_is_wrong(self, buyer, wrong, field):
        response = visitor(buyer).post("/resolve", {"path": "a/chat", "body": ""} | wrong)

        assert response.status_code == 422
        assert f'id="id_{field}-error"' in response.content.decode()


class TestPlan:
    def test_follows_an_alias_to_its_service_and_says_what_is_held(self, buyer):
        service = priced("2")
        aliases.create(team=buyer, name="chat", target_path=f"p/{service.name}", by=None, now=NOON)

        page = plan(buyer, "/a/chat")

        assert f'Call <span class="font-semibold wrap-anywhere">{service.name}</span>' in page
        assert '<data class="money" value="2.000000000000">2.00 USD</data>' in page

    def test_tells_of_each_candidate_its_weight_or_why_it_is_out(self, buyer):
        byok = {"default": {"base_url": "https://up.example", "api_key": "${ customer_secrets.UPSTREAM_KEY }"}}
        pool = collections.create(team=buyer, name="pool", by=None, now=NOON)
        collections.add_member(collection=pool, service=priced("1"), weight=7)
        collections.add_member(collection=pool, service=make_service(offering={"upstream_access_config": byok}))

        page = plan(buyer, "g/pool")

        assert "weight 7" in page
        assert '<data class="money" value="1.000000000000">1.00 USD</data>' in page
        assert "First now" in page
        left_out = page[page.index("Left out") :]
        assert "UPSTREAM_KEY" in left_out
        assert "secret_missing" not in left_out

    def test_holds_by_the_body(self, buyer):
        service = make_service(listing={"list_price": {"type": "one_token", "input": "0", "output": "1"}})

        page = plan(buyer, f"p/{service.name}", body='{"model": "m", "max_tokens": 7}')

        assert '<data class="money" value="7.000000000000">' in page

    def test_follows_the_model_that_is_asked_for(self, buyer):
        small, large = priced("1"), priced("2")
        for service, model in ((small, "small"), (large, "large")):
            aliases.create(
                team=buyer,
                name="chat",
                target_path=f"p/{service.name}",
                request_routing_key={"model": model},
                by=None,
                now=NOON,
            )

        assert 'value="2.000000000000"' in plan(buyer, "a/chat", model="large")
        assert 'value="1.000000000000"' in plan(buyer, "a/chat", model="small")

    def test_shows_every_answer_while_the_model_is_not_said(self, buyer):
        cheap, dear = priced("1"), priced("3")
        keyed = {"request_routing_key": {"model": "large"}}
        for service, more in ((cheap, {}), (dear, keyed)):
            aliases.create(team=buyer, name="chat", target_path=f"p/{service.name}", by=None, now=NOON, **more)

        page = plan(buyer, "a/chat")

        assert "depends on the model that the request names" in page
        assert "Any other, and none" in page
        assert "{&quot;model&quot;:&quot;large&quot;}" in page
        assert all(f">{service.name}</span>" in page for service in (cheap, dear))
        assert '<data class="money" value="3.000000000000">3.00 USD</data>' in page  # the dearer is held

    def test_shows_steps_targets_and_what_falls_back_in_their_order(self, buyer):
        first, second = priced("1").name, priced("1").name
        steps = [
            chains.StepContent(name="draft", target_path=f"p/{first}", on_success="judge"),
            chains.StepContent(name="judge", target_path=f"f/p/{second}?_else=p/{first}", sort_order=1),
        ]
        chains.create(team=buyer, name="write", steps=steps, by=None, now=NOON)
        targets = [broadcasts.TargetContent(name="one", target_path="c/write")]
        broadcasts.create(team=buyer, name="all", targets=targets, by=None, now=NOON)

        page = plan(buyer, "b/all")

        marks = ["Call all targets", "Run the chain", "draft", "On success: judge", "judge", "When it fails before"]
        places = [page.index(mark, page.index("What <span")) for mark in marks]
        assert places == sorted(places)

    def test_says_why_a_call_would_be_refused(self, buyer):
        aliases.create(team=buyer, name="one", target_path="c/loop", by=None, now=NOON)
        steps = [chains.StepContent(name="back", target_path="a/one")]
        chains.create(team=buyer, name="loop", steps=steps, by=None, now=NOON)

        assert "leads back to itself" in plan(buyer, "a/one")
        assert "The call would be refused" in plan(buyer, "z/nothing")

    def test_comes_alone_for_the_test_buttons(self, buyer):
        page = visitor(buyer).get("/resolve?path=a/none&part=plan", **HTMX).content.decode()

        assert "The call would be refused" in page
        assert "<form" not in page
        assert "<html" not in page

    def test_knows_nothing_of_what_others_have(self, buyer):
        aliases.create(team=TeamFactory(), name="chat", target_path="p/theirs", by=None, now=NOON)

        assert "theirs" not in plan(buyer, "a/chat")
