"""Platform services: answered by a member, paid at their own price."""

from __future__ import annotations

from domain.routing.snapshot import GroupMember
from tests.factories import records as make
from tests.fakes.upstream import answer

OWN_PRICE = make.price("0.02", id="99999999-0000-4000-8000-000000000001")


def pooled(market, *names: str, **changes) -> None:
    """Publish a platform service `fast`, and members that only it may call."""
    members = []
    for name in names:
        market.offer(name, visibility="private")
        members.append(GroupMember(make.service_id(name), forwards={"model": f"{name}-1"}))
    market.offer("fast", pool=make.group("fast", *members), channels=(), price=OWN_PRICE, **changes)


class TestAPlatformService:
    async def test_is_answered_by_a_member_that_is_asked_for_its_own_model(self, market):
        pooled(market, "painter")
        await market.open()

        told = await market.gateway.call("/p/fast/v1/paint?q=1", {"model": "fast", "n": 1})

        assert told.json() == {"from": "painter"}
        (request,) = market.requests("painter")
        assert (request.target, request.json) == ("/painter/v1/paint?q=1", {"model": "painter-1", "n": 1})
        assert (told.headers["x-usvc-group"], told.headers["x-usvc-service"]) == ("fast", "painter")

    async def test_is_paid_at_its_own_price_whoever_answers(self, market):
        pooled(market, "painter")
        await market.open()
        await market.gateway.call("/p/fast", {"model": "fast"})

        (event,) = await market.gateway.events(1)
        assert (event.service_id, event.price_version_id) == (make.service_id("painter"), OWN_PRICE.id)

    async def test_is_the_only_way_to_its_members(self, market):
        pooled(market, "painter")
        await market.open()
        assert (await market.gateway.call("/p/painter")).status_code == 404
        assert (await market.gateway.call("/a/none")).status_code == 404

    async def test_tries_another_member_under_f(self, market):
        pooled(market, "ill", "well")
        market.answers("ill", answer(b"no", status=503))
        await market.open()
        told = [await market.gateway.call("/f/p/fast", {"model": "fast"}) for _ in range(4)]
        assert {each.json()["from"] for each in told} == {"well"}

    async def test_says_so_when_nobody_is_there(self, market):
        pooled(market)
        await market.open()
        told = await market.gateway.call("/p/fast", {"model": "fast"})
        assert (told.status_code, told.json()["error"]["code"]) == (503, "group_unavailable")
