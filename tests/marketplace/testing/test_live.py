"""Tests of interfaces with connections that stay open: WebSocket and gRPC, through the gateway and straight."""

from __future__ import annotations

import base64
import json

import pytest

from marketplace.testing import queries
from tests.gateway.grpc.conftest import SERVICE, GrpcUpstream, grpc_upstream
from tests.gateway.sockets.conftest import SocketUpstream, socket_upstream
from tests.marketplace.testing.test_carrying_out import checked, probe

PING = {"category": "request_template", "mime_type": "json", "file_content": '{"say": "ping"}'}
EXPECTED = {"response": {"json": {"say": "ping"}}}


def interface(method: str) -> dict[str, object]:
    return {"api": {"access_method": method, "base_url": "${API_GATEWAY_BASE_URL}/{{ service_name }}"}}


@pytest.fixture
def sockets(world):
    with world.beside(socket_upstream()) as upstream:
        yield upstream


@pytest.fixture
def rpc(world):
    with world.beside(grpc_upstream()) as upstream:
        yield upstream


@pytest.fixture
def make_socket(make, sockets):
    """Make a draft in front of the WebSocket upstream. template: its request template, None for none."""

    def made(template=None, **channel):
        config = {"access_method": "websocket", "base_url": f"{sockets.url}/live", **channel}
        return make(
            channel=config,
            documents={"Request body": template},
            listing={"user_access_interfaces": interface("websocket")},
        )

    return made


@pytest.fixture
def make_rpc(make, rpc):
    """Make a draft in front of the gRPC upstream. request: what its template says of the call, None for no template."""

    def made(request=None, **channel):
        config = {"access_method": "grpc", "base_url": rpc.url, **channel}
        template = {**PING, "meta": {"request": request}} if request is not None else None
        return make(
            channel=config, documents={"Request body": template}, listing={"user_access_interfaces": interface("grpc")}
        )

    return made


async def silent(_socket):
    """Close cleanly before anything is said."""


async def failing(socket):
    await socket.close(1011, "broken")


async def changing(socket):
    async for _ in socket:
        await socket.send('{"say": "sk-of-acme"}')


class TestWebSocket:
    def test_passes_when_it_opens(self, make_socket, sockets: SocketUpstream, store):
        store("UPSTREAM_KEY", "sk-of-acme")

        found = probe(checked(make_socket(api_key="${ secrets.UPSTREAM_KEY }")))

        assert (found.status, found.outcome) == ("success", "gateway_pass"), found.error
        assert [each.headers["Authorization"] for each in sockets.requests] == ["Bearer sk-of-acme"]

    def test_sends_the_template_and_looks_at_what_comes_back(self, make_socket):
        service = make_socket({**PING, "meta": EXPECTED})

        found = probe(checked(service))

        assert (found.status, found.outcome) == ("success", "gateway_pass"), found.error
        assert queries.request_templates(service)[0].meta["test"]["status"] == "success"

    def test_asks_below_the_address_where_the_template_says_so(self, make_socket, sockets: SocketUpstream):
        found = probe(checked(make_socket({**PING, "meta": {"request": {"path": "/room?id=7"}}})))

        assert found.status == "success", found.error
        assert [each.path for each in sockets.requests] == ["/live/room?id=7"]

    def test_takes_a_clean_end_for_an_answer(self, make_socket, sockets: SocketUpstream):
        sockets.handler = silent

        assert probe(checked(make_socket(PING))).status == "success"

    def test_fails_by_another_end(self, make_socket, sockets: SocketUpstream):
        sockets.handler = failing

        found = probe(checked(make_socket(PING)))

        assert (found.outcome, found.fault) == ("upstream_fault", "upstream")
        assert "closed with code 1011" in found.error

    def test_fails_by_a_refusal_of_the_upstream(self, make_socket, sockets: SocketUpstream):
        sockets.refusal = (401, "no")

        found = probe(checked(make_socket()))

        assert (found.outcome, found.fault) == ("upstream_fault", "credentials")
        assert "status 401 instead of 101" in found.error

    def test_fails_when_nobody_is_there(self, make_socket):
        found = probe(checked(make_socket(base_url="ws://127.0.0.1:9/live")))

        assert (found.outcome, found.fault) == ("upstream_fault", "upstream")

    def test_is_the_platforms_fault_where_the_upstream_answers_when_it_is_asked_directly(self, make_socket, sockets):
        async def once_broken(socket):
            if len(sockets.sockets) == 1:
                await socket.close(1011)
            async for message in socket:
                await socket.send(message)

        sockets.handler = once_broken

        found = probe(checked(make_socket(PING)))

        assert (found.outcome, found.fault) == ("platform_fault", "platform")
        assert found.upstream_channels["default"]["status"] == "success"

    def test_keeps_nothing_of_what_came(self, make_socket, sockets: SocketUpstream):
        sockets.handler = changing

        found = probe(checked(make_socket({**PING, "meta": EXPECTED})))

        assert (found.status, found.fault) == ("unexpected_output", "seller_file")
        assert "say is not what the template expects" in found.error
        assert "sk-of-acme" not in json.dumps([found.stdout, found.error, found.upstream_channels])


class TestGrpc:
    def test_passes_where_the_upstream_has_no_health_service(self, make_rpc):
        found = probe(checked(make_rpc()))

        assert (found.status, found.outcome) == ("success", "gateway_pass"), found.error
        assert "UNIMPLEMENTED" in found.stdout

    def test_calls_the_method_of_the_template_with_its_message(self, make_rpc, rpc: GrpcUpstream, store):
        store("UPSTREAM_KEY", "sk-of-acme")
        message = base64.b64encode(b"hello").decode()

        found = probe(
            checked(make_rpc({"path": f"{SERVICE}/Unary", "message": message}, api_key="${ secrets.UPSTREAM_KEY }"))
        )

        assert (found.status, found.outcome) == ("success", "gateway_pass"), found.error
        assert "OK, 5 bytes" in found.stdout
        assert [each["authorization"] for each in rpc.seen] == ["Bearer sk-of-acme"]

    def test_fails_by_the_status_of_the_upstream(self, make_rpc):
        message = base64.b64encode(b"16").decode()

        found = probe(checked(make_rpc({"path": f"{SERVICE}/Fail", "message": message})))

        assert (found.outcome, found.fault) == ("upstream_fault", "credentials")
        assert "UNAUTHENTICATED" in found.error

    def test_fails_by_a_method_that_is_not_there(self, make_rpc):
        found = probe(checked(make_rpc({"path": f"{SERVICE}/Other"})))

        assert (found.outcome, found.fault) == ("upstream_fault", "seller_file")
        assert "UNIMPLEMENTED" in found.error

    def test_fails_by_a_server_that_speaks_no_grpc(self, make_rpc, world):
        found = probe(checked(make_rpc(base_url=world.upstream.url)))

        assert (found.outcome, found.fault) == ("upstream_fault", "upstream")

    def test_fails_when_nobody_is_there(self, make_rpc):
        found = probe(checked(make_rpc(base_url="http://127.0.0.1:9")))

        assert (found.outcome, found.fault) == ("upstream_fault", "upstream")

    def test_says_what_is_wrong_with_a_template(self, make_rpc, rpc: GrpcUpstream):
        found = probe(checked(make_rpc({"path": f"{SERVICE}/Unary", "message": "%%"})))

        assert (found.status, found.fault, rpc.seen) == ("task_failed", "seller_file", [])
        assert "meta.request." in found.error


def test_what_the_gateway_does_not_serve_is_left_out_with_a_word(make):
    key = {"username": "acme-chat"}
    mail = {"api": {"access_method": "smtp", "base_url": "${SMTP_GATEWAY_BASE_URL}", "routing_key": key}}

    found = probe(checked(make(documents={"Request body": None}, listing={"user_access_interfaces": mail})))

    assert (found.status, found.outcome) == ("skipped", "not_reachable")
    assert "SMTP, which the platform does not test by itself" in found.error
