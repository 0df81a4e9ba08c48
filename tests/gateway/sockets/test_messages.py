"""What passes through a WebSocket: every message as it was, in order, and counted to the byte."""

from __future__ import annotations

import asyncio

from tests.gateway.sockets.conftest import connected, offering

BYTES = {"type": "one_byte", "price": "0.000001", "based_on": "bytes_total"}


class TestMessages:
    async def test_come_back_in_order(self, gateway):
        async with connected(gateway) as socket:

            async def send():
                for number in range(1000):
                    await socket.send(f"message {number}")

            sending = asyncio.create_task(send())
            received = [await socket.recv() for _ in range(1000)]
            await sending
        assert received == [f"message {number}" for number in range(1000)]
        assert (await gateway.event()).usage["count"] == 2000

    async def test_of_both_kinds_pass_as_they_are(self, gateway):
        async with connected(gateway) as socket:
            for message in ("", "höllo ✓", b"", bytes(range(256)), "x" * 125, "y" * 126, b"z" * 65535, b"w" * 65536):
                await socket.send(message)
                assert await socket.recv() == message

    async def test_in_fragments_pass_and_count_as_one(self, gateway):
        async with connected(gateway) as socket:
            await socket.send(["one ", "two ", "", "three"])
            assert await socket.recv() == "one two three"
        usage = (await gateway.event()).usage
        assert (usage["count"], usage["bytes_in"], usage["bytes_out"]) == (2, 13, 13)

    async def test_are_charged_to_the_byte(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, BYTES) as gateway:
            async with connected(gateway) as socket:
                for size in (1, 1000, 70_000, 0):
                    await socket.send(b"a" * size)
                    assert len(await socket.recv()) == size
            event = await gateway.event()
            assert (event.usage["bytes_in"], event.usage["bytes_out"]) == (71_001, 71_001)
            assert (event.request_bytes, event.response_bytes) == (71_001, 71_001)
            assert (event.status, event.outcome, event.flags) == (101, "completed", ())

    async def test_of_many_megabytes_pass_with_back_pressure(self, tmp_path, upstream):
        async with offering(tmp_path, upstream) as gateway, connected(gateway) as socket:
            whole = bytes(15 * 1024 * 1024)
            await socket.send(whole)
            await asyncio.sleep(0.2)
            assert await socket.recv() == whole

    async def test_pings_are_answered_by_the_other_side(self, gateway):
        async with connected(gateway) as socket:
            answered = await socket.ping(b"are you there")
            async with asyncio.timeout(5):
                await answered
