"""Bodies that are too long to be held: they pass while they come, where a service takes them, and nowhere else."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.door.limits import DoorLimits
from gateway.upload import Upload
from tests.factories import records as make
from tests.gateway.conftest import offer
from tests.gateway.door.wire import Wire
from tests.gateway.execution.market import Market
from tests.gateway.harness import serving
from tests.gateway.processes.fleet import Fleet

LIMIT = 1000
MOST = 600 * 1024 * 1024
BY_THE_BYTE = {"type": "one_byte", "price": "0.0000001", "based_on": "bytes_in"}


class Sink:
    """An upstream that counts what comes and keeps none of it. answers_at: after so many bytes it answers."""

    def __init__(self) -> None:
        self.received = 0
        self.heads: list[bytes] = []
        self.digest = hashlib.sha256()
        self.answers_at: int | None = None
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.is_left = False

    async def __aenter__(self) -> Sink:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head.lower())
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        until = length if self.answers_at is None else self.answers_at
        came = 0
        with contextlib.suppress(ConnectionError):
            while came < until:
                await self.go_on.wait()
                piece = await reader.read(65536)
                if not piece:
                    self.is_left = True
                    return
                came += len(piece)
                self.received += len(piece)
                self.digest.update(piece)
            status = b"200 OK" if self.answers_at is None else b"403 Forbidden"
            writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 2\r\n\r\nok")
            await writer.drain()
        writer.close()

    async def has(self, count: int) -> None:
        async with asyncio.timeout(10):
            while self.received < count:
                await asyncio.sleep(0.01)


@pytest.fixture
async def sink():
    async with Sink() as sink:
        yield sink


@pytest.fixture
async def gateway(tmp_path, sink):
    """A gateway that holds bodies of 1000 bytes, and a service that takes more."""
    async with serving(tmp_path, body_limit_bytes=LIMIT) as gateway:
        await opened(gateway, sink)
        yield gateway


async def opened(gateway, sink, most: int = MOST, **config) -> None:
    await offer(gateway, sink, config={"constraints": {"max_request_size_bytes": most}, **config})


def head(key: str, length: int, *, target: str = "/p/acme/chat/files", more: str = "") -> bytes:
    lines = (
        f"POST {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nContent-Length: {length}\r\n{more}\r\n"
    )
    return lines.encode()


class TestAnUpload:
    async def test_reaches_the_upstream_while_it_comes_and_is_the_same_there(self, gateway, sink):
        wire, body = await Wire.open(gateway.url), bytes(range(256)) * 40
        await wire.send(head(gateway.key, len(body)), body[:4000])
        await sink.has(4000)  # before the client has sent the rest
        await wire.send(body[4000:])
        told = await wire.answer()
        assert (told.status, told.body, told.headers["connection"]) == (200, b"ok", "close")
        assert await wire.is_closed()
        assert sink.digest.digest() == hashlib.sha256(body).digest()
        assert b"content-length: 10240\r\n" in sink.heads[0]
        assert b"chunked" not in sink.heads[0]
        event = await gateway.event()
        assert (event.outcome, event.request_bytes) == ("completed", 10240)

    async def test_is_set_aside_and_charged_by_its_bytes(self, gateway, sink):
        config = {"constraints": {"max_request_size_bytes": MOST}}
        await offer(gateway, sink, config=config, price=make.price(price=BY_THE_BYTE))
        wire = await Wire.open(gateway.url)
        await wire.send(head(gateway.key, 2_000_000), b"x" * 2_000_000)
        told = await wire.answer()
        assert (told.status, told.headers["x-usvc-cost-estimate"]) == (200, "0.200000000000 USD")
        event = await gateway.event()
        assert (event.usage["bytes_in"], event.hold) == (2_000_000, Decimal("0.2"))

        wire = await Wire.open(gateway.url)
        await wire.send(head(gateway.key, 9_000_000, more="Expect: 100-continue\r\n"))
        assert (await wire.answer()).status == 402  # 0.8 USD are left

    async def test_waits_while_the_upstream_does_not_read(self, gateway, sink):
        sink.go_on.clear()
        wire = await Wire.open(gateway.url)
        size = 64 * 1024 * 1024
        wire.writer.write(head(gateway.key, size))
        sending = asyncio.create_task(wire.send(*[b"x" * 65536] * (size // 65536)))
        call = await self.under_way(gateway)
        await self.stands_still(call)
        assert call.passed_bytes + call._held_bytes < 16 * 1024 * 1024  # the rest is in sockets, or not sent yet
        assert call._held_bytes <= 1024 * 1024
        assert not sending.done()
        sink.go_on.set()
        assert (await wire.answer(30)).status == 200
        await sending
        assert sink.received == size

    async def under_way(self, gateway):
        """Return the upload that has come to a stop."""
        async with asyncio.timeout(10):
            while True:
                found = [each for each in gc.get_objects() if isinstance(each, Upload) and each._is_paused]
                if found:
                    return found[0]
                await asyncio.sleep(0.05)

    async def stands_still(self, upload) -> None:
        before = -1
        async with asyncio.timeout(10):
            while before != upload.passed_bytes:
                before = upload.passed_bytes
                await asyncio.sleep(0.3)

    @pytest.mark.parametrize("path", ["/a/files/x", "/g/pool", "/l/a/files", "/e/CEFF/x"])
    async def test_may_go_by_a_name_that_leads_to_one_service(self, tmp_path, sink, upstream, path):
        async with serving(tmp_path, body_limit_bytes=LIMIT) as gateway:
            await opened(gateway, sink)
            gateway.publish_customer(enrollments=(make.enrollment("CEFF"),))
            market = Market(gateway, upstream)
            market.alias("files", "p/acme/chat")
            market.group("pool", make.GroupMember(make.SERVICE))
            await market.open()
            wire = await Wire.open(gateway.url)
            await wire.send(head(gateway.key, 5000, target=path), b"y" * 5000)
            assert (await wire.answer()).status == 200
            assert sink.received == 5000

    async def test_is_asked_for_only_when_it_will_be_taken(self, gateway, sink):
        wire = await Wire.open(gateway.url)
        await wire.send(head(gateway.key, 5000, more="Expect: 100-continue\r\n"))
        assert await wire.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await wire.send(b"z" * 5000)
        assert (await wire.answer()).status == 200


class TestRefusals:
    @pytest.mark.parametrize(
        ("target", "config", "status", "word"),
        [
            ("/p/acme/chat", {"constraints": {}}, 413, "at most 1000 bytes"),
            ("/p/acme/chat", {"constraints": {"max_request_size_bytes": 4999}}, 413, "at most 4999 bytes"),
            ("/p/acme/chat", {"api_key": "__forward__"}, 413, "at most 1000 bytes"),
            ("/m/p/acme/chat", {}, 413, "straight to one service"),
            ("/t/p/acme/chat?_to=p/acme/chat", {}, 413, "straight to one service"),
            ("/f/p/acme/chat?_else=p/acme/chat", {}, 413, "straight to one service"),
            ("/d/p/acme/chat?_in=5m", {}, 413, "straight to one service"),
            ("/p/nobody", {}, 404, "No service answers"),
            ("/z/p/acme/chat", {}, 404, "prefix"),
        ],
    )
    async def test_are_told_before_the_body_comes(self, gateway, sink, target, config, status, word):
        await opened(gateway, sink, **config)
        wire = await Wire.open(gateway.url)
        await wire.send(head(gateway.key, 5000, target=target, more="Expect: 100-continue\r\n"))
        told = await wire.answer()
        assert (told.status, word in told.body.decode()) == (status, True), told.body
        assert sink.heads == []

    async def test_of_nobody_are_told_before_the_body_comes_too(self, gateway, sink):
        wire = await Wire.open(gateway.url)
        await wire.send(head("svcpass_nobody", 5000), b"x" * 200)
        assert (await wire.answer()).status == 401
        assert sink.heads == []

    async def test_of_the_upstream_before_it_has_read_everything_are_passed_on(self, gateway, sink):
        sink.answers_at = 3000
        wire = await Wire.open(gateway.url)
        await wire.send(head(gateway.key, 50_000_000), b"x" * 4000)
        told = await wire.answer()
        assert (told.status, told.body) == (403, b"ok")
        event = await gateway.event()
        assert (event.status, dict(event.usage)) == (403, {})

    async def test_of_a_body_whose_length_nobody_says_stay(self, gateway, sink):
        wire = await Wire.open(gateway.url)
        lines = (
            f"POST /p/acme/chat HTTP/1.1\r\nHost: a\r\nX-Api-Key: {gateway.key}\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        await wire.send(lines.encode() + b"7d0\r\n" + b"x" * 2000 + b"\r\n")
        assert (await wire.answer()).status == 413


class TestAClientThat:
    async def test_leaves_mid_way_pays_nothing_and_leaves_nothing_open(self, gateway, sink):
        wire = await Wire.open(gateway.url)
        await wire.send(head(gateway.key, 50_000), b"x" * 4000)
        await sink.has(4000)
        await wire.close()
        event = await gateway.event()
        assert (event.outcome, event.is_billable, dict(event.usage)) == ("failed", False, {})
        async with asyncio.timeout(5):
            while not sink.is_left:
                await asyncio.sleep(0.01)

    async def test_stops_sending_is_told_and_left(self, tmp_path, sink):
        hasty = DoorLimits(body_idle_seconds=0.4, linger_seconds=0.4)
        async with serving(tmp_path, body_limit_bytes=LIMIT, door=hasty) as gateway:
            await opened(gateway, sink)
            wire = await Wire.open(gateway.url)
            await wire.send(head(gateway.key, 50_000), b"x" * 4000)
            told = await wire.answer()
            assert (told.status, "request_timeout" in told.body.decode()) == (408, True)
            assert await wire.is_closed()
            assert not (await gateway.event()).is_billable


@pytest.mark.chaos
async def test_an_upload_of_a_gibibyte_in_small_takes_no_memory(tmp_path, sink):
    """An eighth of one here; nothing depends on the length but the time."""
    size, piece = 128 * 1024 * 1024, b"0123456789abcdef" * 65536
    fleet = Fleet(tmp_path, sink.port)
    fleet.offer("files", constraints={"max_request_size_bytes": size})
    await fleet.start(1)
    try:
        for length in (20 * 1024 * 1024, size):
            wire = await Wire.open(fleet.url)
            await wire.send(head(fleet.key, length, target="/p/files"), *[piece] * (length // len(piece)))
            assert (await wire.answer(60)).status == 200
            if length != size:
                warm_kib = memory_kib(fleet, "VmRSS")
        assert sink.received == 20 * 1024 * 1024 + size
        assert memory_kib(fleet, "VmHWM") - warm_kib < 24 * 1024
    finally:
        fleet.kill()


def memory_kib(fleet: Fleet, name: str) -> int:
    """Return what the process uses, or has ever used."""
    lines = Path(f"/proc/{fleet.processes[0].pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
