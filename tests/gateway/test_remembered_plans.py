"""What is remembered of plain calls: their plans, for as long as the records that they were made from."""

from __future__ import annotations

from decimal import Decimal

from gateway.steps import resolve_route
from tests.factories import records as make
from tests.fakes.upstream import json_answer

OTHER = {"id": make.OTHER_SERVICE, "name": "acme/other"}


async def called_twice(gateway, upstream, *paths: str) -> None:
    for path in paths * 2:  # the first call reads the records, the second makes the plan
        upstream.answers(json_answer({}))
        assert (await gateway.call(path)).status_code == 200


async def publish_other(gateway, upstream) -> None:
    channels = (make.channel(config={"base_url": f"{upstream.url}/v1"}),)
    gateway.publish_service(path="acme/other", channels=channels, **OTHER)
    await gateway.see_changes()


class TestSweep:
    async def test_lets_go_of_plans_of_what_has_changed_and_of_no_others(self, gateway, upstream, taken):
        await publish_other(gateway, upstream)
        await called_twice(gateway, upstream, "/p/acme/chat", "/p/acme/other")
        deps = gateway.app.runtime.deps
        assert len(deps.plans) == 2

        await publish_other(gateway, upstream)
        deps.plans.sweep(deps.records)

        assert len(deps.plans) == 1
        deps.leases.release(await deps.leases.hold(make.WALLET, Decimal("0.5")), Decimal(0))  # money drawn ahead
        taken.clear()
        await called_twice(gateway, upstream, "/p/acme/chat")
        assert taken == ["plain", "plain"]
        assert len(deps.plans) == 1

    async def test_lets_go_of_all_when_the_customer_has_changed(self, gateway, upstream):
        await publish_other(gateway, upstream)
        await called_twice(gateway, upstream, "/p/acme/chat", "/p/acme/other")
        deps = gateway.app.runtime.deps

        gateway.publish_customer(time_zone="Europe/Vienna")
        await gateway.see_changes()
        deps.plans.sweep(deps.records)

        assert len(deps.plans) == 0

    async def test_looks_at_few_at_a_time_and_comes_round(self, gateway, upstream, monkeypatch):
        monkeypatch.setattr("gateway.plain.plans._AT_ONCE", 2)
        await called_twice(gateway, upstream, *(f"/p/acme/chat/{number}" for number in range(5)))
        deps = gateway.app.runtime.deps
        gateway.publish_service()
        await gateway.see_changes()

        left = []
        for _ in range(4):
            deps.plans.sweep(deps.records)
            left.append(len(deps.plans))

        assert left == [3, 1, 0, 0]


class TestAPlan:
    async def test_outlives_what_happens_to_routes_of_other_providers(self, gateway, upstream, monkeypatch):
        await called_twice(gateway, upstream, "/p/acme/chat")
        deps = gateway.app.runtime.deps
        gateway.publish_service(path="other/chat", **OTHER)
        await gateway.see_changes()
        monkeypatch.setattr("gateway.plain.plans.resolve_route.look", None)  # nobody looks for the way again

        upstream.answers(json_answer({}))
        assert (await gateway.call()).status_code == 200
        assert len(deps.plans) == 1

    async def test_ends_with_the_route_that_it_takes(self, gateway, upstream):
        await called_twice(gateway, upstream, "/p/acme/chat/more")
        channels = (make.channel(config={"base_url": f"{upstream.url}/other"}),)
        gateway.publish_service(path="acme/chat/more", channels=channels, **OTHER)
        await gateway.see_changes()
        upstream.requests.clear()

        await called_twice(gateway, upstream, "/p/acme/chat/more")

        assert [request.target for request in upstream.requests] == ["/other", "/other"]

    async def test_is_one_for_each_model_and_for_none(self, gateway, upstream):
        for body in ({"model": "a"}, {"model": "b"}, {"n": 1}, {"model": "a"}, {"model": ""}) * 2:
            upstream.answers(json_answer({}))
            assert (await gateway.call(body=body)).status_code == 200

        assert len(gateway.app.runtime.deps.plans) == 4

    async def test_lets_the_general_way_read_no_body_again(self, gateway, upstream, monkeypatch):
        read = []
        json_of = resolve_route.json_of
        monkeypatch.setattr(resolve_route, "json_of", lambda ctx: read.append(ctx.body) or json_of(ctx))

        for _ in range(2):  # with no money drawn ahead, and another head each time
            await called_twice(gateway, upstream, "/p/acme/chat/1", "/p/acme/chat/2")

        assert len(read) == 8

    async def test_is_not_made_for_a_name_that_is_very_long(self, gateway, upstream):
        await called_twice(gateway, upstream, "/p/acme/chat/" + "x" * 600)

        assert len(gateway.app.runtime.deps.plans) == 0
