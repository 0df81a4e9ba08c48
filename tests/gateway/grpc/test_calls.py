"""gRPC through the gateway with grpcio's own client and server: all kinds of call, what they cost, how they end."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import grpc
import grpc.aio
import pytest

from domain import api_keys, pricing, rating
from tests.factories import records as make
from tests.gateway.grpc.conftest import CODES, MEBIBYTE, key, offering, stub

BYTES = {"type": "one_byte", "price": "0.000001", "based_on": "bytes_total"}


class TestKindsOfCall:
    async def test_unary(self, gateway, upstream):
        async with stub(gateway) as echo:
            call = echo.Unary(b"hello")
            assert await call == b"hello"
            initial, trailing = dict(await call.initial_metadata()), dict(await call.trailing_metadata())
        event = await gateway.event()
        assert (initial["x-initial"], trailing["x-trailing"], trailing["x-bin-bin"]) == ("yes", "indeed", b"\x00\xff")
        assert (initial["x-usvc-service"], initial["x-request-id"]) == ("acme/rpc", event.event_id)
        assert (event.status, event.outcome, event.flags) == (200, "completed", ())
        assert {"bytes_in": 5, "bytes_out": 5, "count": 2}.items() <= event.usage.items()
        assert gateway.key not in str(upstream.seen)

    async def test_server_streaming(self, gateway):
        async with stub(gateway) as echo:
            numbers = [int(number) async for number in echo.Count(b"1000")]
        assert numbers == list(range(1000))
        assert (await gateway.event()).usage["count"] == 1001

    async def test_client_streaming(self, gateway):
        async def requests():
            for _ in range(500):
                yield b"x" * 100

        async with stub(gateway) as echo:
            assert await echo.Total(requests()) == b"50000"
        assert (await gateway.event()).usage["bytes_in"] == 50_000

    async def test_both_streaming(self, gateway):
        async with stub(gateway) as echo:
            talk = echo.Talk()
            for number in range(200):
                await talk.write(b"%d" % number)
                assert await talk.read() == b"%d" % number
            await talk.done_writing()
            assert await talk.read() is grpc.aio.EOF
            assert await talk.code() is grpc.StatusCode.OK
        assert (await gateway.event()).usage["count"] == 400

    async def test_many_at_once_on_one_connection(self, gateway):
        async with stub(gateway) as echo:
            answers = await asyncio.gather(*(echo.Unary(b"%d" % number) for number in range(60)))
        assert answers == [b"%d" % number for number in range(60)]
        assert len(await gateway.events(60)) == 60

    async def test_fifty_megabytes_down_at_the_readers_pace(self, gateway):
        async with stub(gateway) as echo:
            flood, size = echo.Flood(b"50"), 0
            await asyncio.sleep(0.3)  # the windows are full: nobody reads
            async for piece in flood:
                size += len(piece)
        assert size == 50 * MEBIBYTE
        assert (await gateway.event()).usage["bytes_out"] == 50 * MEBIBYTE

    async def test_twenty_megabytes_up_in_one_message(self, gateway):
        async with stub(gateway) as echo:
            assert len(await echo.Unary(bytes(20 * MEBIBYTE))) == 20 * MEBIBYTE


class TestAddresses:
    async def test_may_stand_in_the_metadata(self, gateway):
        gateway.publish_customer(enrollments=(make.enrollment("CEFF"),))
        await gateway.see_changes()
        async with stub(gateway, "", (*key(gateway), ("x-service-path", "/e/CEFF"))) as echo:
            assert await echo.Unary(b"a") == b"a"
        assert (await gateway.event()).path == "/e/CEFF/demo.Echo/Unary"

    async def test_the_sellers_secret_is_put_in(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, config={"api_key": "${ secrets.KEY }"}) as gateway:
            gateway.publish_secret(make.SELLER, "KEY", "s3cret")
            await gateway.see_changes()
            async with stub(gateway) as echo:
                await echo.Unary(b"a")
        assert upstream.seen[0]["authorization"] == "Bearer s3cret"

    async def test_plain_calls_are_told_what_to_speak(self, gateway):
        answer = await gateway.call("/p/acme/rpc/demo.Echo/Unary")
        assert (answer.status_code, answer.json()["error"]["code"]) == (426, "grpc_required")


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


class TestRefusals:
    @pytest.mark.parametrize(
        "value", [None, "Bearer svcpass_no", f"Bearer {api_keys.new_key()}"], ids=["none", "mistyped", "unknown"]
    )
    async def test_without_a_key(self, gateway, upstream, value):
        async with stub(gateway, metadata=(("authorization", value),) if value else ()) as echo:
            error = await refused(echo.Unary(b"a"))
        assert error.code() is grpc.StatusCode.UNAUTHENTICATED
        assert "API key" in error.details()
        assert not upstream.seen

    async def test_without_money(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, {"type": "one_minute", "price": "2"}) as gateway, stub(gateway) as echo:
            error = await refused(echo.Unary(b"a"))
        assert (error.code(), "Top up" in error.details()) == (grpc.StatusCode.RESOURCE_EXHAUSTED, True)

    async def test_of_unknown_services(self, gateway):
        async with stub(gateway, "/p/acme/nothing") as echo:
            assert (await refused(echo.Unary(b"a"))).code() is grpc.StatusCode.NOT_FOUND

    async def test_when_nobody_answers(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, config={"base_url": "http://127.0.0.1:1"}) as gateway:
            async with stub(gateway) as echo:
                assert (await refused(echo.Unary(b"a"))).code() is grpc.StatusCode.UNAVAILABLE
            assert (await gateway.event()).outcome == "failed"

    async def test_of_wrappers_for_whole_answers(self, gateway):
        async with stub(gateway, "/m/p/acme/rpc") as echo:
            error = await refused(echo.Unary(b"a"))
        assert (error.code(), "/m/" in error.details()) == (grpc.StatusCode.INVALID_ARGUMENT, True)

    @pytest.mark.parametrize("code", [3, 5, 7, 8, 12, 13, 14, 16])
    async def test_of_the_service_are_passed_on_and_cost_nothing(self, gateway, code):
        async with stub(gateway) as echo:
            error = await refused(echo.Fail(b"%d" % code))
        event = await gateway.event()
        assert (error.code().value, error.details()) == (CODES[code], "that is 100 % wrong — sorry")
        assert (event.is_billable, event.status >= 400) == (False, True)


class TestEnds:
    async def test_a_deadline_is_kept_and_passed_on(self, gateway, upstream):
        async with stub(gateway) as echo:
            error = await refused(echo.Slow(b"a", timeout=0.6))
        assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert 0 < upstream.deadlines[0] <= 0.6
        async with asyncio.timeout(5):
            await upstream.cancelled.wait()
        assert not (await gateway.event()).is_billable

    async def test_cancelling_reaches_the_service(self, gateway, upstream):
        async with stub(gateway) as echo:
            call = echo.Slow(b"a")
            async with asyncio.timeout(5):
                while not upstream.seen:
                    await asyncio.sleep(0.01)
            call.cancel()
            async with asyncio.timeout(5):
                await upstream.cancelled.wait()
        assert (await gateway.event()).flags == ("client_gone",)

    async def test_who_leaves_a_subscription_pays_for_what_came(self, gateway):
        async with stub(gateway) as echo:
            flood = echo.Flood(b"1000")
            await flood.read()
            flood.cancel()
            event = await gateway.event()
        assert (event.outcome, event.flags, event.is_billable) == ("completed", ("client_gone",), True)
        assert event.usage["bytes_out"] >= MEBIBYTE

    async def test_a_failure_after_messages_costs_what_came(self, gateway):
        async with stub(gateway) as echo:
            call = echo.FailLater(b"abc")
            assert await call.read() == b"abc"
            with pytest.raises(grpc.aio.AioRpcError):
                await call.read()
            assert await call.code() is grpc.StatusCode.INTERNAL
        event = await gateway.event()
        assert (event.outcome, event.status, event.flags) == ("interrupted", 200, ("failed_later",))

    async def test_the_money_runs_out(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, BYTES, balance="0.5") as gateway:
            async with stub(gateway) as echo:
                talk = echo.Talk()
                for _ in range(1000):
                    try:
                        await talk.write(bytes(1000))
                        if await talk.read() is grpc.aio.EOF:
                            break
                    except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
                        break
                assert await talk.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            event = await gateway.event()
            cost = rating.rate(event, pricing.compile(BYTES)).cost
            assert Decimal("0.49") <= cost <= event.hold <= Decimal("0.5")
            assert event.flags == ("funds_spent",)

    async def test_the_key_is_revoked(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, live={"recheck_seconds": 0.3}) as gateway, stub(gateway) as echo:
            talk = echo.Talk()
            await talk.write(b"a")
            await talk.read()
            gateway.publish_key(expires_at=1.0)
            with pytest.raises(grpc.aio.AioRpcError):
                await talk.read()
            assert await talk.code() is grpc.StatusCode.UNAUTHENTICATED
            assert (await gateway.event()).flags == ("access_ended",)
