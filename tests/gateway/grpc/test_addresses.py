"""gRPC calls by other addresses than a service's own, and clients that do not read."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import grpc
import pytest

from domain.routing.snapshot import ALIAS, GROUP
from gateway.door.limits import DoorLimits
from tests.factories import records as make
from tests.gateway.grpc.conftest import MEBIBYTE, key, offering, stub


def offer_one_that_is_down(gateway) -> None:
    channel = make.channel(access_method="grpc", config={"base_url": "http://127.0.0.1:1"})
    gateway.publish_service(path="acme/down", id=make.service_id("down"), name="acme/down", channels=(channel,))


@pytest.fixture
async def named(gateway):
    """acme/rpc by an alias and, behind one that is down, by a group."""
    offer_one_that_is_down(gateway)
    gateway.records.put("alias", f"{make.TEAM}/mine", ALIAS.encode(make.alias("mine", "p/acme/rpc")))
    members = make.member("down", price=Decimal(1)), make.GroupMember(make.SERVICE, price=Decimal(2))
    gateway.records.put("group", "rpc", GROUP.encode(make.group("rpc", *members, policy="by_price")))
    await gateway.see_changes()
    return gateway


class TestAddresses:
    @pytest.mark.parametrize("path", ["/a/mine", "/l/a/mine"])
    async def test_may_be_an_alias(self, named, path):
        async with stub(named, path) as echo:
            assert await echo.Unary(b"hello") == b"hello"
            assert [piece async for piece in echo.Count(b"2")] == [b"0", b"1"]
        assert {event.log for event in await named.events(2)} == {"truncated" if path.startswith("/l") else "none"}

    @pytest.mark.parametrize("path", ["/g/rpc", "/f/g/rpc", "/f/p/acme/down?_else=a/mine"])
    async def test_under_f_go_on_while_nothing_was_sent(self, named, path):
        async with stub(named, "", (*key(named), ("x-service-path", path))) as echo:
            if path == "/g/rpc":
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await echo.Unary(b"hello")
                assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
                return
            call = echo.Unary(b"hello")
            assert await call == b"hello"
            assert "acme/down upstream_refused" in dict(await call.initial_metadata())["x-usvc-failed"]
        failed, made = await named.events(2)
        assert (failed.is_billable, made.is_billable, made.parent_id) == (False, True, failed.event_id)

    async def test_of_a_group_leave_out_who_is_down(self, named):
        async with stub(named, "/g/rpc") as echo:
            codes = []
            for _ in range(7):
                try:
                    await echo.Unary(b"a")
                    codes.append("ok")
                except grpc.aio.AioRpcError as error:
                    codes.append(error.code().name.lower())
        assert codes == ["unavailable"] * 5 + ["ok"] * 2


class TestAClientThatDoesNotRead:
    async def test_is_left_after_a_while_and_pays_for_what_came(self, tmp_path, upstream):
        settings = {"door": DoorLimits(unread_seconds=0.5)}
        async with offering(tmp_path, upstream, settings=settings) as gateway, stub(gateway) as echo:
            call = echo.Flood(b"200")
            async with asyncio.timeout(20):
                while len(gateway.inbox.events) < 1:
                    await asyncio.sleep(0.05)
            event = await gateway.event()
            assert (event.flags, event.is_billable) == (("client_unread",), True)
            assert event.usage["bytes_out"] < 200 * MEBIBYTE
            call.cancel()
            assert await echo.Unary(b"the connection serves others") == b"the connection serves others"
