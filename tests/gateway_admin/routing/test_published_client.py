"""Aliases, collections, chains and broadcasts through the customers' published client, unmodified."""

from __future__ import annotations

from uuid import uuid4

import pytest
from unitysvc.exceptions import AuthenticationError, ConflictError, NotFoundError, PermissionError, ValidationError

from accounts.teams.models import Role
from domain.routing.snapshot import CODECS
from gateway_admin.publishing import queries as publishing
from marketplace.catalog.models import ServiceGroup
from marketplace.catalog.services import membership
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import make_service


def record(kind: str, key: str):
    """Return what the gateways read."""
    body = publishing.body(kind, key)
    return None if body is None else CODECS[kind].decode(body)


class TestAliases:
    def test_lead_where_they_were_made_to(self, client, customer):
        made = client.aliases.create({"name": "llm", "target_path": "/p/openai", "description": "Chat"})

        assert (made.name, made.target_path, made.is_routing, made["status"]) == ("llm", "p/openai", True, "routing")
        assert client.aliases.get(made.id).description == "Chat"
        (row,) = record("alias", f"{customer.pk}/llm").rows
        assert (row.target_path, row.is_routing) == ("p/openai", True)
        assert record("alias", f"{customer.pk}/{made.id}").name == "llm"

    def test_of_one_name_take_turns(self, client, customer):
        first = client.aliases.create({"name": "llm", "target_path": "p/one"})
        second = client.aliases.create({"name": "llm", "target_path": "p/two"})
        assert second.is_routing is False

        switched = client.aliases.switch("llm")

        assert (switched.alias.id, switched.demoted_alias_id) == (second.id, first.id)
        assert [row.target_path for row in record("alias", f"{customer.pk}/llm").rows if row.is_routing] == ["p/two"]
        assert client.aliases.switch("llm").alias.id == first.id  # in a circle
        assert client.aliases.switch("llm", target="two").alias.id == second.id
        assert client.aliases.switch(str(first.id)[:8]).alias.id == first.id

    def test_are_switched_off_without_a_successor(self, client, customer):
        made = client.aliases.create({"name": "llm", "target_path": "p/one"})

        off = client.aliases.switch("llm", on=False)

        assert (off.alias.id, off.alias.is_routing, off.demoted_alias_id) == (made.id, False, None)
        assert not any(row.is_routing for row in record("alias", f"{customer.pk}/llm").rows)

    def test_choose_by_what_a_request_asks_for(self, client):
        one = client.aliases.create({"name": "llm", "target_path": "p/one", "request_routing_key": {"model": "small"}})
        two = client.aliases.create({"name": "llm", "target_path": "p/two"})

        assert (one.is_routing, two.is_routing) == (True, True)  # another key, another place
        assert client.aliases.switch("llm", routing_key="small").alias.id == one.id

    def test_are_changed_but_for_their_name_and_removed_but_kept(self, client, customer):
        made = client.aliases.create({"name": "llm", "target_path": "p/one"})

        changed = client.aliases.update(made.id, {"target_path": "g/pool", "routing_key_override": {"model": "x"}})

        assert (changed.target_path, changed.routing_key_override.to_dict()) == ("g/pool", {"model": "x"})
        client.aliases.delete(made.id)
        assert client.aliases.list().data == []
        (kept,) = client.aliases.list(include_deactivated=True).data
        assert kept.deactivated_at is not None
        assert record("alias", f"{customer.pk}/llm") is None

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            ({"name": "Has Blanks", "target_path": "p/x"}, "lower-case"),
            ({"name": "models", "target_path": "p/x"}, "of its own"),
            ({"name": "llm", "target_path": "https://elsewhere.example/"}, "is an address"),
            ({"name": "llm", "target_path": "x/y/../z"}, "cannot be called"),
            ({"name": "llm", "target_path": "p/x", "routing_key_override": {"a": {"b": 1}}}, "plain values"),
        ],
    )
    def test_that_no_call_could_follow_are_refused_in_words(self, client, body, says):
        with pytest.raises(ValidationError, match=says):
            client.aliases.create(body)

    def test_that_lead_in_a_circle_are_refused_when_they_are_saved_and_when_they_are_switched_to(self, client):
        client.aliases.create({"name": "one", "target_path": "a/two"})

        with pytest.raises(ValidationError, match="leads back to itself"):
            client.aliases.create({"name": "two", "target_path": "a/one"})
        client.aliases.create({"name": "two", "target_path": "p/openai"})
        standby = client.aliases.create({"name": "two", "target_path": "a/one"})  # waits, and leads nowhere yet
        with pytest.raises(ValidationError, match="leads back to itself"):
            client.aliases.switch(str(standby.id))
        assert [row.target_path for row in client.aliases.list(name="two").data if row.is_routing] == ["p/openai"]

    def test_are_nobody_elses(self, client, connect, customer):
        made = client.aliases.create({"name": "llm", "target_path": "p/one"})
        stranger = connect(TeamFactory())

        for ask in (
            lambda: stranger.aliases.get(made.id),
            lambda: stranger.aliases.update(made.id, {"target_path": "p/mine"}),
            lambda: stranger.aliases.switch("llm"),
            lambda: stranger.aliases.delete(made.id),
        ):
            with pytest.raises(NotFoundError):
                ask()
        with pytest.raises(PermissionError):
            connect(customer, Role.BILLING).aliases.delete(made.id)


class TestGroups:
    @pytest.fixture
    def pool(self, transactional_db) -> ServiceGroup:
        """A group of the platform that calls can be sent to, with two services."""
        for name in ("one", "two"):
            make_service(namespace=name, offering={"tags": ["pool"]})
        group = ServiceGroup.objects.create(
            owner=None,
            name="pool",
            display_name="The pool",
            status="active",
            expression="'pool' in tags",
            routing_policy={"strategy": "by_price"},
        )
        membership.refresh_group(group=group)
        membership.publish(group)
        return group

    def test_of_the_platform_are_read_by_anybody(self, pool, connect):
        anybody = connect(None)

        (found,) = [each for each in anybody.groups.list().data if each.name == "pool"]
        page = anybody.groups.services("pool", limit=1)

        assert (found.owner_type, found.editable, found.group_type, found.member_count) == (
            "platform",
            False,
            "open",
            2,
        )
        assert len(page.data) == 1
        rest = anybody.groups.services("pool", limit=1, cursor=page.next_cursor)
        assert {each.name for each in (*page.data, *rest.data)} == {"one/chat", "two/chat"}
        assert rest.has_more is False
        assert [each.name for each in anybody.groups.services("pool", search="TWO").data] == ["two/chat"]
        with pytest.raises(AuthenticationError):
            anybody.groups.list(owner="own")

    def test_of_the_platform_are_published_and_cannot_be_changed(self, pool, client, settings):
        found = client.groups.get("pool")

        assert found.interface.base_url == f"{settings.API_GATEWAY_BASE_URL}/g/pool"
        assert record("group", "pool").policy == "by_price"
        assert len(record("group", "pool").members) == 2
        with pytest.raises(PermissionError, match="of your own"):
            client.groups.update(found.id, description="mine")

    def test_that_customers_put_together_are_called_by_name(self, client, customer, settings):
        service = make_service(namespace="one")

        made = client.groups.create(name="tools", display_name="Tools")
        made.add_member(service_id=service.pk, routing_key={"model": "small"})

        assert made.path == "g/tools"
        found = client.groups.get("tools")
        assert (found.owner_type, found.group_type, found.member_count, found.enabled) == (
            "customer",
            "collection",
            1,
            True,
        )
        assert found.interface.base_url == f"{settings.API_GATEWAY_BASE_URL}/g/tools"
        (member,) = record("group", f"{customer.pk}/tools").members
        assert (member.service_id, member.routing_key) == (str(service.pk), {"model": "small"})
        assert [each.service_id for each in made.members()] == [service.pk]
        made.remove_member(service.pk)
        assert made.members() == []
        client.groups.update(found.id, enabled=False)
        assert record("group", f"{customer.pk}/tools").enabled is False
        client.groups.delete(found.id)
        assert record("group", f"{customer.pk}/tools") is None

    def test_hold_only_what_the_customer_can_call(self, client):
        asks = {"user_parameters_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
        needs = make_service(listing={**asks, "service_options": {"enrollment": {"required": True}}})
        made = client.groups.create(name="tools")

        with pytest.raises(ValidationError, match="needs an enrollment"):
            made.add_member(service_id=needs.pk)

    def test_have_one_name_once(self, client):
        client.groups.create(name="tools")

        with pytest.raises(ConflictError, match="already"):
            client.groups.create(name="tools")

    def test_are_nobody_elses(self, client, connect):
        made = client.groups.create(name="tools")
        stranger = connect(TeamFactory())

        for ask in (
            lambda: stranger.groups.get("tools"),
            lambda: stranger.groups.members(made.id),
            lambda: stranger.groups.delete(made.id),
        ):
            with pytest.raises(NotFoundError):
                ask()


class TestChains:
    STEPS = (
        {"name": "draft", "target_path": "p/writer", "sort_order": 1, "on_success": "continue", "on_failure": "stop"},
        {"name": "check", "target_path": "a/critic", "sort_order": 2, "timeout_ms": 500},
    )

    def test_keep_their_steps_in_order(self, client, customer):
        made = client.chains.create(name="report", steps=list(self.STEPS))

        assert [step.name for step in made.steps] == ["draft", "check"]
        compiled = record("chain", f"{customer.pk}/report")
        assert [(step.name, step.on_success, step.timeout_ms) for step in compiled.steps] == [
            ("draft", "continue", None),
            ("check", "stop", 500),
        ]

    def test_grow_and_shrink_by_steps(self, client, customer):
        made = client.chains.create(name="report")

        step = made.add_step(name="draft", target_path="p/writer", sort_order=1)
        made.update_step(step.id, timeout_ms=900)
        assert record("chain", f"{customer.pk}/report").steps[0].timeout_ms == 900
        made.remove_step(step.id)
        assert client.chains.get(made.id).steps == []
        assert [each.name for each in made.replace_steps(list(self.STEPS)).steps] == ["draft", "check"]
        made.update(enabled=False)
        assert record("chain", f"{customer.pk}/report").enabled is False
        made.delete()
        assert client.chains.list().data == []

    def test_have_steps_with_requests_of_their_own(self, client, customer, send):
        """What the published client does not know of is asked for without it."""
        body = {"text": "{{ previous.body.text }}"}
        first = {"name": "one", "target_path": "p/x", "sort_order": 1, "on_success": "continue"}
        second = {"name": "two", "target_path": "p/y", "sort_order": 2, "method": "PUT", "headers": {"X-A": "b"}}
        made = send("/v1/chains/", {"name": "report", "steps": [first, {**second, "body": body}]})

        assert (made.status_code, made.json()["steps"][1]["body"]) == (201, body)
        assert [step.name for step in client.chains.list().data[0].steps] == ["one", "two"]
        one, two = record("chain", f"{customer.pk}/report").steps
        assert (one.method, one.body, one.headers) == (None, None, None)
        assert (two.method, two.body, two.headers) == ("PUT", body, {"X-A": "b"})
        reading = send("/v1/chains/", {"name": "other", "steps": [{**first, "body": "{{ secrets.KEY }}"}]})
        assert reading.status_code == 400
        assert "secrets" in reading.text

    @pytest.mark.parametrize(
        ("steps", "says"),
        [
            ([{"name": "a", "target_path": "p/x", "sort_order": 1, "on_success": "b"}], "no step of it"),
            (
                [
                    {"name": "a", "target_path": "p/x", "sort_order": 1, "on_success": "continue"},
                    {"name": "b", "target_path": "p/x", "sort_order": 2, "on_success": "a"},
                ],
                "lead back",
            ),
        ],
    )
    def test_that_could_not_run_are_refused_when_they_are_saved(self, client, steps, says):
        with pytest.raises(ValidationError, match=says):
            client.chains.create(name="report", steps=steps)
        assert client.chains.list().data == []

    def test_are_nobody_elses(self, client, connect):
        made = client.chains.create(name="report")

        with pytest.raises(NotFoundError):
            connect(TeamFactory()).chains.get(made.id)
        with pytest.raises(NotFoundError):
            client.chains.get(uuid4())


class TestBroadcasts:
    def test_keep_their_targets(self, client, customer):
        made = client.broadcasts.create(name="all", mode="async")
        target = made.add_target(name="one", target_path="p/one")
        two, three = {"name": "two", "target_path": "p/2"}, {"name": "three", "target_path": "p/3"}
        made.replace_targets([{**two, "sort_order": 5}, {**three, "sort_order": 1}])

        compiled = record("broadcast", f"{customer.pk}/all")
        assert (compiled.mode, [each.name for each in compiled.targets]) == ("async", ["three", "two"])
        with pytest.raises(NotFoundError):
            made.remove_target(target.id)
        made.update(mode="sync", enabled=False)
        assert client.broadcasts.get(made.id).mode == "sync"
        made.delete()
        assert record("broadcast", f"{customer.pk}/all") is None

    def test_are_nobody_elses(self, client, connect):
        made = client.broadcasts.create(name="all")

        with pytest.raises(NotFoundError):
            connect(TeamFactory()).broadcasts.delete(made.id)
