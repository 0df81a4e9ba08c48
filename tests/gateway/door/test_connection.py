"""What a connection does over its life: one request after another, slow clients, gone clients, pages beside calls."""

from __future__ import annotations

import asyncio
import contextlib
import json
from decimal import Decimal

import pytest
import uvicorn

from gateway.app import GatewayApp
from gateway.door.limits import DoorLimits
from gateway.door.protocol import DoorProtocol
from tests.fakes.upstream import Close, Hang, Until, answer, json_answer, sse, streamed
from tests.gateway.conftest import offer
from tests.gateway.door.wire import Wire, request
from tests.gateway.harness import serving

HASTY = DoorLimits(head_seconds=0.5, body_idle_seconds=1.0, unread_seconds=0.5, linger_seconds=2.0)


@pytest.fixture
async def wire(gateway):
    wire = await Wire.open(gateway.url)
    yield wire
    await wire.close()


class TestKeepAlive:
    async def test_serves_one_request_after_another(self, gateway, upstream, wire):
        for number in range(3):
            await wire.send(request(gateway.key, target=f"/p/acme/chat/{number}"))
            assert (await wire.answer()).status == 200
        assert [each.target for each in upstream.requests] == ["/v1/0", "/v1/1", "/v1/2"]

    async def test_answers_pipelined_requests_in_their_order(self, gateway, upstream, wire):
        gate = asyncio.Event()
        upstream.answers_by(
            lambda asked: (
                [Until(gate), *json_answer(asked.target)] if asked.target == "/v1/0" else json_answer(asked.target)
            )
        )
        await wire.send(b"".join(request(gateway.key, target=f"/p/acme/chat/{number}") for number in range(20)))
        await asyncio.sleep(0.05)
        assert len(upstream.requests) == 1
        gate.set()
        assert [json.loads((await wire.answer()).body) for _ in range(20)] == [f"/v1/{number}" for number in range(20)]

    async def test_ends_when_the_client_says_so(self, gateway, wire):
        await wire.send(request(gateway.key, headers="Connection: close\r\n"))
        answer = await wire.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert await wire.is_closed()

    async def test_goes_on_after_a_refused_call(self, gateway, wire):
        await wire.send(request("svcpass_wrong"), request(gateway.key))
        assert [(await wire.answer()).status for _ in range(2)] == [401, 200]

    async def test_reads_a_request_that_comes_byte_by_byte(self, gateway, upstream, wire):
        sent = request(gateway.key, body=b'{"a": 1}')
        await wire.send(*(sent[at : at + 1] for at in range(len(sent))))
        assert (await wire.answer()).status == 200
        assert upstream.requests[0].body == b'{"a": 1}'

    async def test_reads_chunked_bodies(self, gateway, upstream, wire):
        head = (
            f"POST /p/acme/chat HTTP/1.1\r\nHost: a\r\nX-Api-Key: {gateway.key}\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        await wire.send(head.encode() + b'3\r\n{"a\r\n', b'6;x=y\r\n": 10}\r\n0\r\nX-Trailer: 1\r\n\r\n')
        assert (await wire.answer()).status == 200
        assert upstream.requests[0].body == b'{"a": 10}'

    async def test_says_that_a_body_may_come(self, gateway, upstream, wire):
        head, _, body = request(gateway.key, headers="Expect: 100-continue\r\n").partition(b"\r\n\r\n")
        await wire.send(head + b"\r\n\r\n")
        assert await wire.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await wire.send(body)
        assert (await wire.answer()).status == 200

    async def test_refuses_too_large_a_body_before_it_comes(self, tmp_path, upstream):
        async with serving(tmp_path, body_limit_bytes=1000) as gateway:
            await offer(gateway, upstream)
            wire = await Wire.open(gateway.url)
            await wire.send(request(gateway.key, headers="Expect: 100-continue\r\n", body=b"x" * 2000)[:-2000])
            assert (await wire.answer()).status == 413
            assert await wire.is_closed()

    async def test_answers_head_without_a_body(self, gateway, upstream, wire):
        upstream.answers([*answer(b"")])
        await wire.send(request(gateway.key, method="HEAD", body=b""))
        assert (await wire.answer(to_head=True)).status == 200


class TestSlowClients:
    async def serve(self, tmp_path, upstream, **settings):
        stack = contextlib.AsyncExitStack()
        gateway = await stack.enter_async_context(serving(tmp_path, door=HASTY, **settings))
        await offer(gateway, upstream)
        return stack, gateway

    async def test_that_do_not_finish_a_head_are_told_and_left(self, tmp_path, upstream):
        stack, gateway = await self.serve(tmp_path, upstream)
        async with stack:
            wire = await Wire.open(gateway.url)
            await wire.send(*[b"POST /p/acme"] + [b"x"] * 8, pause=0.15)
            assert (await wire.answer()).status == 408
            assert await wire.is_closed()

    async def test_that_do_not_finish_a_body_are_told_and_left(self, tmp_path, upstream):
        stack, gateway = await self.serve(tmp_path, upstream)
        async with stack:
            wire = await Wire.open(gateway.url)
            await wire.send(request(gateway.key, body=b"{}" * 10)[:-5])
            assert (await wire.answer()).status == 408
            assert await wire.is_closed()
            assert upstream.requests == []

    async def test_that_say_nothing_are_left_without_a_word(self, tmp_path, upstream):
        stack, gateway = await self.serve(tmp_path, upstream)
        async with stack:
            wire = await Wire.open(gateway.url)
            assert await wire.is_closed()

    async def test_that_keep_sending_a_body_slowly_are_served(self, tmp_path, upstream):
        stack, gateway = await self.serve(tmp_path, upstream)
        async with stack:
            wire = await Wire.open(gateway.url)
            sent = request(gateway.key, body=b'{"a": 1234567}')
            await wire.send(sent[:-6], *(sent[at : at + 1] for at in range(len(sent) - 6, len(sent))), pause=0.1)
            assert (await wire.answer()).status == 200

    async def test_that_do_not_read_hold_the_upstream_back_and_are_charged(self, tmp_path, upstream):
        stack, gateway = await self.serve(tmp_path, upstream, drain_seconds=0.1)
        async with stack:
            upstream.answers(streamed([b"x" * 65536] * 6000))
            wire = await Wire.open(gateway.url)
            await wire.send(request(gateway.key))
            event = await gateway.event()
            assert (event.outcome, event.status) == ("interrupted", 200)
            assert event.response_bytes < 6000 * 65536

    async def draw_ahead(self, gateway) -> None:
        """Let the next calls find their money without asking the books."""
        wallet = next(iter(gateway.leases.spendable))
        leases = gateway.app.runtime.deps.leases
        leases.release(await leases.hold(wallet, gateway.leases.spendable[wallet] / 2), Decimal(0))
        assert (await gateway.call()).status_code == 200

    @pytest.mark.parametrize(("sends", "calls"), [(100, 1), (1, 100)], ids=["call after call", "together"])
    async def test_that_send_calls_and_read_nothing_are_held_back_and_left(self, tmp_path, upstream, sends, calls):
        stack, gateway = await self.serve(tmp_path, upstream)
        async with stack:
            await self.draw_ahead(gateway)
            upstream.answers_by(lambda _: answer(b"x" * 500_000))
            wire = await Wire.open(gateway.url)
            with contextlib.suppress(ConnectionError):
                await wire.send(*[request(gateway.key) * calls] * sends, pause=0.01)
            await asyncio.sleep(1)
            assert len(upstream.requests) < 30

    async def test_that_read_late_get_every_answer(self, tmp_path, upstream):
        async with serving(tmp_path) as gateway:
            await offer(gateway, upstream)
            upstream.answers_by(lambda _: answer(b"x" * 500_000))
            wire = await Wire.open(gateway.url)
            await wire.send(request(gateway.key) * 30)
            await asyncio.sleep(0.3)
            received = 0
            while received < 30 * 500_000 or len(upstream.requests) < 30:
                received += len(await asyncio.wait_for(wire.reader.read(1_000_000), 5))
            await asyncio.sleep(0.1)
            await wire.send(request(gateway.key, headers="Connection: close\r\n"))
            rest = await asyncio.wait_for(wire.reader.read(), 5)
            assert 31 * 500_000 < received + len(rest) < 31 * 501_000

    async def test_that_ask_for_more_while_they_do_not_read_are_left(self, tmp_path, upstream):
        stack, gateway = await self.serve(tmp_path, upstream, drain_seconds=0.1)
        async with stack:
            upstream.answers(streamed([b"x" * 65536] * 6000))
            wire = await Wire.open(gateway.url)
            await wire.send(request(gateway.key))
            await asyncio.sleep(0.4)
            await wire.send(request(gateway.key))
            assert (await gateway.event()).outcome == "interrupted"


class TestClientsThatGo:
    async def test_before_their_request_is_whole_cost_nothing(self, gateway, upstream, wire):
        await wire.send(request(gateway.key, body=b"{}" * 10)[:-5])
        await wire.close()
        await asyncio.sleep(0.1)
        assert upstream.requests == []
        assert gateway.leases.draws == 0

    async def test_before_the_first_byte_are_accounted_for(self, gateway, upstream, wire):
        gate = asyncio.Event()
        upstream.answers([Until(gate), *json_answer({})])
        await wire.send(request(gateway.key))
        while not upstream.requests:
            await asyncio.sleep(0.01)
        await wire.close()
        await asyncio.sleep(0.1)
        gate.set()
        assert (await gateway.event()).status == 200

    async def test_by_closing_their_side_alone_count_as_gone(self, tmp_path, upstream):
        async with serving(tmp_path, drain_seconds=0.1) as gateway:
            await offer(gateway, upstream)
            upstream.answers(sse([{"choices": []}], end=[Hang()]))
            wire = await Wire.open(gateway.url)
            await wire.send(request(gateway.key))
            await wire.reader.readuntil(b"\r\n\r\n")
            wire.writer.write_eof()
            assert (await gateway.event()).outcome == "interrupted"


class TestAnswers:
    async def test_that_are_cut_off_upstream_are_cut_off_here(self, gateway, upstream, wire):
        upstream.answers(streamed([b"x" * 2000], end=[Close()]))
        await wire.send(request(gateway.key))
        with pytest.raises(ConnectionError):
            await wire.answer()

    async def test_are_not_for_browsers_to_guess_at(self, gateway, wire):
        await wire.send(request(gateway.key))
        assert (await wire.answer()).headers["x-content-type-options"] == "nosniff"

    async def test_of_an_error_of_ours_hide_what_it_was(self, gateway, upstream, wire, monkeypatch):
        async def broken(*_: object) -> None:
            raise ZeroDivisionError("secret")

        monkeypatch.setattr("gateway.pipeline.run", broken)
        await wire.send(request(gateway.key))
        answer = await wire.answer()
        assert (answer.status, json.loads(answer.body)["error"]["code"]) == (500, "internal_error")
        assert b"secret" not in answer.body


class TestShutdown:
    async def test_answers_what_is_under_way_and_closes(self, tmp_path, upstream):
        gate = asyncio.Event()
        async with serving(tmp_path) as gateway:
            await offer(gateway, upstream)
            upstream.answers([Until(gate), *json_answer({"late": True})])
            wire = await Wire.open(gateway.url)
            await wire.send(request(gateway.key))
            while not upstream.requests:
                await asyncio.sleep(0.01)
            asyncio.get_running_loop().call_later(0.3, gate.set)
        answer = await wire.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert list(gateway.inbox.events) == [answer.headers["x-request-id"]]


@pytest.fixture
async def both(tmp_path, upstream):
    """A gateway beside an ASGI application, on one port: (address, the gateway's key, what the application saw)."""
    seen: list[str] = []

    async def pages(scope, receive, send):
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        seen.append(scope["path"])
        reply = scope["path"].encode() + b" " + body
        await send({"type": "http.response.start", "status": 200,
                    "headers": [(b"content-length", str(len(reply)).encode())]})  # fmt: skip
        await send({"type": "http.response.body", "body": reply})

    async with serving(tmp_path, beside=pages) as gateway:
        await offer(gateway, upstream)
        yield gateway, seen


class TestPagesBeside:
    async def test_take_turns_with_calls_on_one_connection(self, both):
        gateway, seen = both
        wire = await Wire.open(gateway.url)
        for number in range(3):
            await wire.send(request(gateway.key, target=f"/market/{number}", body=b"form"))
            assert (await wire.answer()).body == f"/market/{number} form".encode()
            await wire.send(request(gateway.key))
            assert (await wire.answer()).headers["x-usvc-service"] == "acme/chat"
        assert seen == ["/market/0", "/market/1", "/market/2"]

    async def test_stay_connected_while_a_long_call_follows(self, both, upstream):
        gateway, _ = both
        gate = asyncio.Event()
        upstream.answers([Until(gate), *json_answer({})])
        wire = await Wire.open(gateway.url)
        await wire.send(request(gateway.key, target="/market"))
        await wire.answer()
        await wire.send(request(gateway.key))
        await asyncio.sleep(1.2)  # longer than the server keeps an idle connection in this test
        gate.set()
        assert (await wire.answer()).status == 200

    @pytest.mark.parametrize("first", ["/market", "/p/acme/chat"])
    async def test_pipelined_with_calls_never_answer_out_of_turn(self, both, first):
        gateway, _ = both
        second = "/p/acme/chat" if first == "/market" else "/market"
        wire = await Wire.open(gateway.url)
        await wire.send(request(gateway.key, target=first) + request(gateway.key, target=second))
        answer = await wire.answer()
        assert answer.body.startswith(b"/market") is (first == "/market")
        assert await wire.is_closed()

    async def test_are_guarded_by_the_same_door(self, both):
        gateway, seen = both
        wire = await Wire.open(gateway.url)
        await wire.send(b"GET /market HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert (await wire.answer()).status == 400
        assert seen == []

    async def test_answer_the_paths_that_are_not_the_gateways(self, both):
        gateway, seen = both
        async with asyncio.timeout(5):
            for path in ("/", "/v1/services", "/pp/x"):
                assert (await gateway.client.get(path)).status_code == 200
        assert seen == ["/", "/v1/services", "/pp/x"]


class TestDoorsWithoutAGateway:
    async def test_say_what_is_missing(self):
        config = uvicorn.Config(GatewayApp(lambda: None), http=DoorProtocol)
        with pytest.raises(RuntimeError, match="lifespan"):
            DoorProtocol(config=config, server_state=uvicorn.server.ServerState(), app_state={})
