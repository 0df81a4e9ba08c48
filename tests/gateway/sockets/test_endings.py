"""How a WebSocket ends: by either side, by accident, by us; what each is told, and what the books say."""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from gateway.door.limits import DoorLimits
from tests.gateway.sockets.conftest import closed, connected, offering, publish


async def wait_for(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


class TestCloseCodes:
    @pytest.mark.parametrize(
        ("code", "reason"), [(1000, ""), (1001, "tab"), (3000, "x" * 123), (4999, "ünd"), (1011, "")]
    )
    async def test_of_the_client_reach_the_upstream(self, gateway, upstream, code, reason):
        async with connected(gateway) as socket:
            await socket.send("a")
            await socket.recv()
            await socket.close(code, reason)
            assert (socket.close_code, socket.close_reason) == (code, reason)
        served = upstream.sockets[0]
        await closed(served)
        assert (served.close_code, served.close_reason) == (code, reason)
        event = await gateway.event()
        assert (event.outcome, event.flags) == ("completed", ())

    @pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1012, "later"), (4001, "kicked"), (1013, "ü")])
    async def test_of_the_upstream_reach_the_client(self, gateway, upstream, code, reason):
        async def kick(socket):
            await socket.recv()
            await socket.close(code, reason)

        upstream.handler = kick
        async with connected(gateway) as socket:
            await socket.send("a")
            assert await closed(socket) == (code, reason)
            assert len(gateway.inbox.events) + gateway.app.runtime.deps.spool.lag.events >= 1  # durable before
        assert (await gateway.event()).outcome == "completed"
        await closed(upstream.sockets[0])
        assert upstream.sockets[0].close_code == code

    async def test_that_are_missing_stay_missing(self, gateway, upstream):
        async with connected(gateway) as socket:
            socket.transport.write(Frame(Opcode.CLOSE, b"").serialize(mask=True))
            assert await closed(socket) == (1005, "")
        await closed(upstream.sockets[0])
        assert upstream.sockets[0].close_code == 1005


class TestAccidents:
    async def test_of_the_client_reach_the_upstream_and_are_charged(self, gateway, upstream):
        async with connected(gateway) as socket:
            await socket.send("a")
            await socket.recv()
            socket.transport.abort()
        event = await gateway.event()
        assert (event.outcome, event.flags, event.usage["count"]) == ("completed", ("client_gone",), 2)
        assert (await closed(upstream.sockets[0]))[0] == 1006

    async def test_of_the_upstream_are_told_to_the_client(self, gateway, upstream):
        async def die(socket):
            await socket.recv()
            socket.transport.abort()

        upstream.handler = die
        async with connected(gateway) as socket:
            await socket.send("a")
            code, reason = await closed(socket)
        assert (code, "service was lost" in reason) == (1014, True)
        event = await gateway.event()
        assert (event.outcome, event.flags) == ("interrupted", ("upstream_gone",))

    async def test_in_the_middle_of_a_frame_leave_no_close_frame(self, gateway, upstream):
        async def half(socket):
            socket.transport.write(b"\x82\x7e\x10\x00" + b"x" * 100)
            await asyncio.sleep(0.05)
            socket.transport.abort()

        upstream.handler = half
        async with connected(gateway) as socket:
            assert (await closed(socket))[0] == 1006

    async def test_before_it_was_open_end_the_call(self, gateway, upstream):
        arrived = asyncio.Event()
        hanging = await asyncio.start_server(lambda _r, _w: arrived.set(), "127.0.0.1", 0)
        port = hanging.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
        upstream.url = f"ws://127.0.0.1:{port}"
        publish(gateway, upstream, {"type": "constant", "price": "0.01"})
        await gateway.see_changes()
        writer.write(
            b"GET /p/acme/live HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"Authorization: Bearer " + gateway.key.encode() + b"\r\n\r\n"
        )
        async with asyncio.timeout(5):
            await arrived.wait()
        writer.transport.abort()
        event = await gateway.event()
        assert (event.outcome, event.is_billable) == ("failed", False)
        hanging.close()


class TestOurOwnEnds:
    async def test_when_nobody_says_anything(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, live={"idle_seconds": 0.6}) as gateway, connected(gateway) as socket:
            code, reason = await closed(socket)
            assert (code, "Nothing was sent" in reason) == (1001, True)
            assert (await gateway.event()).flags == ("idle",)
        assert (await closed(upstream.sockets[0]))[0] == 1001

    async def test_after_the_longest_time(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, live={"longest_seconds": 0.5}) as gateway, connected(gateway) as socket:
            assert (await closed(socket))[0] == 1001
            assert (await gateway.event()).flags == ("time_up",)

    async def test_when_the_key_is_revoked(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, live={"recheck_seconds": 0.3}) as gateway, connected(gateway) as socket:
            await socket.send("a")
            await socket.recv()
            gateway.publish_key(expires_at=1.0)
            code, reason = await closed(socket)
            assert (code, "revoked" in reason) == (1008, True)
            event = await gateway.event()
            assert (event.flags, event.outcome) == (("access_ended",), "completed")

    async def test_when_the_gateway_stops(self, tmp_path, upstream):
        async with offering(tmp_path, upstream) as gateway:
            connection = connected(gateway)
            socket = await connection.__aenter__()
            await socket.send("abc")
            await socket.recv()
            inbox = gateway.inbox
        code, reason = await closed(socket)
        assert (code, "restarted" in reason) == (1001, True)
        (event,) = inbox.events.values()
        assert (event.flags, event.usage["bytes_in"], event.usage["bytes_out"]) == (("gateway_stopped",), 3, 3)

    async def test_when_the_client_leaves_everything_unread(self, tmp_path, upstream):
        async def flood(socket):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await socket.send(bytes(65_536))

        upstream.handler = flood
        settings = {"door": DoorLimits(unread_seconds=0.5)}
        async with offering(tmp_path, upstream, settings=settings) as gateway, connected(gateway):
            async with asyncio.timeout(20):  # nobody receives: the client's library stops reading by itself
                while not gateway.inbox.events:
                    await asyncio.sleep(0.05)
            event = await gateway.event()
            assert (event.flags, event.outcome, event.is_billable) == (("client_gone",), "completed", True)
            await closed(upstream.sockets[0])

    async def test_with_a_message_above_the_limit(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, live={"message_bytes": 1000}) as gateway:
            async with connected(gateway) as socket:
                await socket.send(b"x" * 1000)
                assert await socket.recv() == b"x" * 1000
                await socket.send(b"x" * 1001)
                assert (await closed(socket))[0] == 1009
            assert (await gateway.event()).usage["bytes_in"] == 1000
            assert (await closed(upstream.sockets[0]))[0] == 1001

    async def test_with_fragments_above_the_limit(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, live={"message_bytes": 1000}) as gateway, connected(gateway) as socket:
            with contextlib.suppress(ConnectionClosed):
                await socket.send([b"x" * 400, b"x" * 400, b"x" * 400])
            assert (await closed(socket))[0] == 1009

    async def test_with_a_message_of_the_upstream_above_the_limit(self, tmp_path, upstream):
        async def shout(socket):
            await socket.send(b"x" * 1001)
            await socket.wait_closed()

        upstream.handler = shout
        async with offering(tmp_path, upstream, live={"message_bytes": 1000}) as gateway, connected(gateway) as socket:
            assert (await closed(socket))[0] == 1009
            await closed(upstream.sockets[0])
            assert upstream.sockets[0].close_code == 1009


class TestBrokenFrames:
    @pytest.mark.parametrize(
        "frame",
        [
            b"\x81\x01a",  # not masked
            b"\xc1\x80" + bytes(4),  # a reserved bit
            b"\x83\x80" + bytes(4),  # no such kind
            b"\x09\x80" + bytes(4),  # a ping in fragments
            b"\x89\xfe\x00\x7e" + bytes(4),  # a ping of 126 bytes
            b"\x80\x80" + bytes(4),  # the rest of nothing
            b"\x81\xfe\x00\x01" + bytes(5),  # a length not in its shortest form
            b"\x82\xff" + struct.pack("!Q", 1 << 63) + bytes(4),  # a length that cannot be
            b"\x01\x80" + bytes(4) + b"\x81\x80" + bytes(4),  # a message within a message
            b"\x88\x81" + bytes(4) + b"\x03",  # half a close code
            b"\x88\x82" + bytes(4) + b"\x03\xed",  # 1005 on the wire
            b"\x88\x83" + bytes(4) + b"\x03\xe8\xff",  # a reason that is no text
        ],
    )
    async def test_end_the_connection(self, gateway, upstream, frame):
        async with connected(gateway) as socket:
            socket.transport.write(frame)
            code, _ = await closed(socket)
            assert code in {1002, 1007}
        assert (await gateway.event()).flags == ("client_broke_protocol",)
        assert (await closed(upstream.sockets[0]))[0] == 1001

    async def test_of_the_upstream_are_its_fault(self, gateway, upstream):
        async def rave(socket):
            socket.transport.write(b"\x81\x81" + os.urandom(5))  # masked
            await socket.wait_closed()

        upstream.handler = rave
        async with connected(gateway) as socket:
            assert (await closed(socket))[0] == 1014
        assert (await gateway.event()).flags == ("upstream_broke_protocol",)
