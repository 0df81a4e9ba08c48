"""Opening a WebSocket: who may, by which address, what goes up, what comes back, what is refused."""

from __future__ import annotations

import asyncio
import base64
from decimal import Decimal

import pytest
from websockets.exceptions import InvalidStatus

from domain import api_keys
from domain.routing.snapshot import ALIAS, GROUP
from tests.factories import records as make
from tests.gateway.sockets.conftest import connected, offering, publish


async def refused(gateway, path="/p/acme/live", **options):
    """Return the answer over HTTP to a handshake."""
    with pytest.raises(InvalidStatus) as caught:
        async with connected(gateway, path, **options):
            pass
    return caught.value.response


class TestOpening:
    async def test_reaches_the_rest_of_the_path_with_its_query(self, gateway, upstream):
        async with connected(gateway, "/p/acme/live/rooms/7?since=1&_channel=default"):
            pass
        assert upstream.requests[0].path == "/base/rooms/7?since=1"

    async def test_says_who_serves_and_what_was_set_aside(self, gateway):
        async with connected(gateway) as socket:
            headers = socket.response.headers
        assert headers["x-usvc-service"] == "acme/live"
        assert headers["x-request-id"] == (await gateway.event()).event_id

    async def test_keeps_the_customers_key_from_the_upstream(self, gateway, upstream):
        async with connected(gateway, headers={"x-api-key": gateway.key, "cookie": "a=b", "x-own": "1"}):
            pass
        sent = str(upstream.requests[0].headers)
        assert gateway.key not in sent
        assert "cookie" not in sent.lower()
        assert "x-own: 1" in sent

    async def test_puts_the_sellers_secret_in(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, config={"api_key": "${ secrets.KEY }"}) as gateway:
            gateway.publish_secret(make.SELLER, "KEY", "s3cret")
            await gateway.see_changes()
            async with connected(gateway):
                pass
        assert upstream.requests[0].headers["authorization"] == "Bearer s3cret"

    async def test_passes_subprotocols_both_ways(self, gateway):
        async with connected(gateway, subprotocols=["v2", "chat"]) as socket:
            assert socket.subprotocol == "v2"

    async def test_offers_no_extension(self, gateway, upstream):
        async with connected(gateway, compression="deflate") as socket:
            await socket.send("x" * 1000)
            assert await socket.recv() == "x" * 1000
        assert "sec-websocket-extensions" not in upstream.requests[0].headers
        assert "sec-websocket-extensions" not in socket.response.headers

    async def test_takes_the_key_of_a_browser_as_a_subprotocol(self, gateway, upstream):
        async with connected(gateway, headers={}, subprotocols=["svcpass", gateway.key]) as socket:
            assert socket.subprotocol == "svcpass"
        assert "sec-websocket-protocol" not in upstream.requests[0].headers

    async def test_chooses_the_services_subprotocol_before_ours(self, gateway, upstream):
        async with connected(gateway, headers={}, subprotocols=["svcpass", gateway.key, "chat"]) as socket:
            assert socket.subprotocol == "chat"
        assert upstream.requests[0].headers["sec-websocket-protocol"] == "chat"


class TestAddresses:
    async def test_may_be_an_enrollment(self, gateway):
        gateway.publish_customer(enrollments=(make.enrollment("CEFF"),))
        await gateway.see_changes()
        async with connected(gateway, "/e/CEFF") as socket:
            await socket.send("a")
            assert await socket.recv() == "a"
        assert (await gateway.event()).enrollment_id

    async def test_may_be_an_alias_and_its_log_wrapper(self, gateway):
        gateway.records.put("alias", f"{make.TEAM}/mine", ALIAS.encode(make.alias("mine", "p/acme/live")))
        await gateway.see_changes()
        async with connected(gateway, "/l/a/mine"):
            pass
        assert (await gateway.event()).log == "truncated"

    async def test_may_be_a_group_that_falls_back(self, gateway, upstream):
        down = make.service_id("down")
        publish(gateway, upstream, {"type": "constant", "price": "0.01"}, id=down, path="acme/down",
                name="acme/down", config={"base_url": "ws://127.0.0.1:1"})  # fmt: skip
        group = make.group("live", make.member("down", price=Decimal(1)),
                           make.GroupMember(make.SERVICE, price=Decimal(2)), policy="by_price")  # fmt: skip
        gateway.records.put("group", f"{make.TEAM}/live", GROUP.encode(group))
        await gateway.see_changes()
        async with connected(gateway, "/f/g/live") as socket:
            await socket.send("a")
            assert await socket.recv() == "a"
        failed, made = await gateway.events(2)
        assert {failed.status, made.status} == {0, 101}
        assert made.parent_id == failed.event_id

    @pytest.mark.parametrize("path", ["/m/p/acme/live", "/t/p/acme/live?_to=/p/acme/live", "/d/p/acme/live?_in=1h"])
    async def test_of_whole_answers_are_refused(self, gateway, path):
        answer = await refused(gateway, path)
        assert answer.status_code == 400
        assert b"not_for_connections" in answer.body


class TestRefusals:
    @pytest.mark.parametrize(
        ("headers", "status"),
        [({}, 401), ({"authorization": f"Bearer {api_keys.new_key()}"}, 401), ({"x-api-key": "svcpass_x"}, 401)],
    )
    async def test_without_a_key(self, gateway, upstream, headers, status):
        assert (await refused(gateway, headers=headers)).status_code == status
        assert not upstream.requests

    async def test_without_money(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, {"type": "one_minute", "price": "2"}) as gateway:
            answer = await refused(gateway)
        assert (answer.status_code, b"insufficient_funds" in answer.body) == (402, True)

    async def test_of_the_upstream_are_passed_on_and_cost_nothing(self, gateway, upstream):
        upstream.refusal = (403, "no room")
        answer = await refused(gateway)
        event = await gateway.event()
        assert (answer.status_code, answer.body, answer.headers["x-why"]) == (403, b"no room", "full")
        assert (event.status, event.is_billable, event.usage) == (403, False, {})

    @pytest.mark.parametrize("body", [b"", b"no room"])
    async def test_of_the_upstream_may_end_with_its_connection(self, tmp_path, upstream, body):
        async def refuse(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 401 Unauthorized\r\n\r\n" + body)
            writer.close()

        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with offering(tmp_path, upstream, config={"base_url": f"ws://127.0.0.1:{port}"}) as gateway:
                answer = await refused(gateway)
                event = await gateway.event()
        assert (answer.status_code, answer.body) == (401, body)
        assert (event.status, event.is_billable) == (401, False)

    async def test_of_a_redirect_cost_nothing(self, gateway, upstream):
        upstream.refusal = (302, "")
        assert (await refused(gateway)).status_code == 302
        assert not (await gateway.event()).is_billable

    async def test_when_nobody_answers(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, config={"base_url": "ws://127.0.0.1:1"}) as gateway:
            answer = await refused(gateway)
            assert (answer.status_code, b"upstream_refused" in answer.body) == (502, True)
            assert (await gateway.event()).outcome == "failed"

    async def test_of_private_addresses_where_they_are_closed(self, tmp_path, upstream):
        closed = {"allow_private_upstreams": False}
        async with offering(tmp_path, upstream, settings=closed) as gateway:
            assert b"egress_refused" in (await refused(gateway)).body
        assert not upstream.requests

    async def test_of_http_services(self, tmp_path, upstream):
        async with offering(
            tmp_path, upstream, access_method="http", config={"base_url": "http://x.example"}
        ) as gateway:
            answer = await refused(gateway)
        assert (answer.status_code, b"http_required" in answer.body) == (400, True)

    async def test_of_plain_calls_to_a_websocket_service(self, gateway):
        answer = await gateway.call("/p/acme/live")
        assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")
        assert answer.json()["error"]["code"] == "websocket_required"

    async def test_above_the_customers_connections(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, live={"connections_per_customer": 1}) as gateway:
            async with connected(gateway):
                assert (await refused(gateway)).status_code == 429
            async with connected(gateway):
                pass


GET = "GET {path} HTTP/1.1\r\nUpgrade: websocket\r\n"
POST = GET.replace("GET", "POST")
V13 = "Sec-WebSocket-Version: 13\r\n"
V8 = V13.replace("13", "8")
KEY = f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n"
SHORT = "Sec-WebSocket-Key: short\r\n"


class TestMalformedHandshakes:
    @pytest.mark.parametrize(
        ("head", "status"),
        [
            (GET + KEY, 400), (GET + V8 + KEY, 426), (GET + V13, 400), (GET + V13 + SHORT, 400),
            (GET + V13 + V13 + KEY, 426), (GET + V13 + KEY + KEY, 400), (POST + V13 + KEY, 400),
            (GET + V13 + KEY + "Content-Length: 4\r\n", 400), (GET + V13 + KEY + "Transfer-Encoding: chunked\r\n", 400),
            (GET.replace("websocket", "tls/1.0"), 400), (GET + V13 + KEY + "Sec-WebSocket-Protocol: a, a\r\n", 400),
        ],
    )  # fmt: skip
    async def test_are_refused(self, gateway, upstream, head, status):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
        text = head.format(path="/p/acme/live")
        text += f"Host: x\r\nConnection: Upgrade\r\nAuthorization: Bearer {gateway.key}\r\n\r\n"
        writer.write(text.encode())
        async with asyncio.timeout(5):
            answer = await reader.read()
        writer.close()
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert not upstream.requests
