"""What a WebSocket costs, while it lives and when its money runs out. Sums are worked out by hand."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from types import SimpleNamespace

from domain import pricing, rating
from domain.metering import steps
from gateway.live import course
from tests.factories import records as make
from tests.gateway.sockets.conftest import closed, connected, offering

BYTE = {"type": "one_byte", "price": "0.000001", "based_on": "bytes_total"}
SECOND = {"type": "one_second", "price": "0.001"}
MESSAGE = {"type": "one_thousand", "price": "1"}


def cost(event, price):
    return rating.rate(event, pricing.compile(price)).cost


async def kept(gateway):
    """Return what the wallet has once everything has been given back: leases keep what was charged."""
    leases = gateway.app.runtime.deps.leases
    await leases.give_back_idle(at_once=True)
    return gateway.leases.spendable[make.WALLET]


class TestPrices:
    async def test_by_the_byte(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, BYTE) as gateway:
            async with connected(gateway) as socket:
                await socket.send(b"x" * 200_000)
                await socket.recv()
            event = await gateway.event()
            assert cost(event, BYTE) == Decimal("0.4")
            assert event.hold >= Decimal("0.4")
            assert await kept(gateway) == Decimal("0.6")

    async def test_by_the_message(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, MESSAGE) as gateway:
            async with connected(gateway) as socket:
                for _ in range(50):
                    await socket.send("x")
                    await socket.recv()
            assert cost(await gateway.event(), MESSAGE) == Decimal("0.1")
            assert await kept(gateway) == Decimal("0.9")

    async def test_by_the_second(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, SECOND) as gateway:
            async with connected(gateway):
                await asyncio.sleep(0.3)
            event = await gateway.event()
            assert Decimal("0.3") <= event.usage["seconds"] < Decimal(3)
            assert cost(event, SECOND) == event.usage["seconds"] * Decimal("0.001")
            assert await kept(gateway) == 1 - cost(event, SECOND)

    async def test_by_the_connection_also_when_the_client_just_goes(self, gateway):
        async with connected(gateway) as socket:
            socket.transport.abort()
        assert cost(await gateway.event(), {"type": "constant", "price": "0.01"}) == Decimal("0.01")


class TestTheBudget:
    async def test_sets_a_small_step_aside_first(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, BYTE) as gateway, connected(gateway) as socket:
            # 64 KiB each way at a millionth a byte
            assert socket.response.headers["x-usvc-cost-estimate"] == "0.131072000000 USD"
            assert gateway.leases.spendable[make.WALLET] == Decimal("0.868928")

    async def test_ends_the_connection_when_the_wallet_is_empty(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, BYTE, balance="0.2") as gateway:
            async with connected(gateway) as socket:
                sent = 0
                while sent < 1000:
                    try:
                        await socket.send(b"x" * 1000)
                        await socket.recv()
                    except Exception:
                        break
                    sent += 1
                code, reason = await closed(socket)
            event = await gateway.event()
            assert (code, "Top up" in reason, event.flags) == (1008, True, ("funds_spent",))
            charged = cost(event, BYTE)
            # to the last message that could be paid for, and not a byte further
            assert Decimal("0.2") - Decimal("0.001") <= charged <= Decimal("0.2")
            assert charged <= event.hold <= Decimal("0.2")
            assert await kept(gateway) == Decimal("0.2") - charged

    async def test_ends_it_when_the_time_is_up(self, tmp_path, upstream, monkeypatch):
        monkeypatch.setitem(steps.STEP, "seconds", 1)
        async with offering(tmp_path, upstream, SECOND, balance="0.002") as gateway, connected(gateway) as socket:
            code, _ = await closed(socket)
            event = await gateway.event()
            assert (code, event.flags) == (1008, ("funds_spent",))
            # less than a second early, and never late
            assert Decimal("0.001") <= cost(event, SECOND) <= event.hold <= Decimal("0.002")

    async def test_lasts_until_a_look_that_comes_late(self, tmp_path, upstream, monkeypatch):
        monkeypatch.setitem(steps.STEP, "seconds", 1)
        sleep, looks = asyncio.sleep, iter([0.52, 0.48, 0.6])

        async def sleep_until_look(seconds):
            await sleep(next(looks) if seconds == course._TICK_SECONDS else seconds)

        monkeypatch.setattr(course, "asyncio", SimpleNamespace(sleep=sleep_until_look, shield=asyncio.shield))
        async with offering(tmp_path, upstream, SECOND, balance="0.002") as gateway, connected(gateway) as socket:
            await closed(socket)
            event = await gateway.event()
            assert Decimal("0.0015") <= cost(event, SECOND) <= event.hold <= Decimal("0.002")

    async def test_is_shared_fairly_by_connections_of_one_wallet(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, BYTE, balance="0.4") as gateway:

            async def spend():
                async with connected(gateway) as socket:
                    try:
                        for _ in range(1000):
                            await socket.send(b"x" * 5000)
                            await socket.recv()
                    except Exception:
                        return (await closed(socket))[0]
                return 1000

            codes = await asyncio.gather(spend(), spend())
            events = await gateway.events(2)
            assert codes == [1008, 1008]
            charged = sum(cost(event, BYTE) for event in events)
            assert charged <= Decimal("0.4")
            assert all(cost(event, BYTE) <= event.hold for event in events)
            assert await kept(gateway) == Decimal("0.4") - charged

    async def test_of_a_free_service_has_no_end(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, {"type": "constant", "price": "0"}, balance="0") as gateway:
            async with connected(gateway) as socket:
                for _ in range(3):
                    await socket.send(b"x" * 100_000)
                    await socket.recv()
            assert (await gateway.event()).hold == 0

    async def test_waits_for_nobody_while_the_database_is_away(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, BYTE) as gateway, connected(gateway) as socket:
            gateway.leases.down = True
            await socket.send(b"x" * 1000)
            await socket.recv()
            await socket.send(b"x" * 200_000)
            assert (await closed(socket))[0] == 1013
            event = await gateway.event()
            assert (event.flags, event.usage["bytes_in"]) == (("books_unavailable",), 1000)
