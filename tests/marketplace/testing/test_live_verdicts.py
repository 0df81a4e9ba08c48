"""What answers of WebSockets and of gRPC come to, one by one."""

from __future__ import annotations

import io

import pytest

from marketplace.testing.attribution import attribute
from marketplace.testing.calling import Answer
from marketplace.testing.expectations import Expected
from marketplace.testing.live import frames
from marketplace.testing.live.probes import RpcProbe, SocketProbe

HEALTH = RpcProbe("gRPC", "/grpc.health.v1.Health/Check", Expected())
METHOD = RpcProbe("gRPC", "/demo.Echo/Unary", Expected())
SOCKET = SocketProbe("WebSocket", "", Expected())


def answered(code: int, text: str = "", **headers: str) -> Answer:
    return Answer(200, text, headers={"grpc-status": str(code), **headers})


def fault(probe, answer) -> str:
    """Return whose fault it is when the direct call says the same; "" for a pass."""
    verdict = probe.judge(answer)
    return "" if verdict.is_pass else str(attribute(verdict, {"default": verdict}).fault)


@pytest.mark.parametrize(
    ("code", "at_health", "at_method"),
    [
        (5, "", "seller_file"),
        (12, "", "seller_file"),
        (3, "seller_file", "seller_file"),
        (7, "credentials", "credentials"),
        (16, "credentials", "credentials"),
        (4, "upstream", "upstream"),
        (8, "upstream", "upstream"),
        (14, "upstream", "upstream"),
        (99, "upstream", "upstream"),
    ],
)
def test_a_status_of_grpc(code, at_health, at_method):
    assert (fault(HEALTH, answered(code)), fault(METHOD, answered(code))) == (at_health, at_method)


def test_the_health_service_is_believed():
    told = {1: "\x08\x01", 0: "", 2: "\x08\x02", 3: "\x08\x03"}

    assert {status: HEALTH.judge(answered(0, text)).is_pass for status, text in told.items()} == {
        1: True,
        0: False,
        2: False,
        3: False,
    }


@pytest.mark.parametrize(("status", "whose"), [("404", "seller_file"), ("401", "credentials"), ("502", "upstream")])
def test_http_in_place_of_grpc_is_no_health_service_that_is_missing(status, whose):
    assert fault(HEALTH, answered(12, **{"x-usvc-upstream-status": status})) == whose


@pytest.mark.parametrize(
    ("status", "whose"),
    [
        (101, ""),
        (404, "seller_file"),
        (401, "credentials"),
        (503, "upstream"),
    ],
)
def test_the_status_of_a_handshake(status, whose):
    assert fault(SOCKET, Answer(status)) == whose


def test_a_refusal_of_the_gateway_keeps_its_code():
    verdict = METHOD.judge(Answer(200, code="secret_missing", message="Store it.", headers={"grpc-status": "9"}))

    assert (verdict.code, verdict.problem) == ("secret_missing", "Store it.")


class TestFrames:
    """Against the examples of RFC 6455, section 5.7, and back."""

    @pytest.mark.parametrize(
        ("raw", "opcode", "payload", "ends"),
        [
            (b"\x81\x05\x48\x65\x6c\x6c\x6f", frames.TEXT, b"Hello", True),
            (b"\x01\x03\x48\x65\x6c", frames.TEXT, b"Hel", False),
            (b"\x80\x02\x6c\x6f", frames.CONTINUATION, b"lo", True),
            (b"\x82\x7e\x01\x00" + bytes(256), frames.BINARY, bytes(256), True),
            (b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + bytes(65536), frames.BINARY, bytes(65536), True),
        ],
    )
    def test_are_read(self, raw, opcode, payload, ends):
        assert frames.read(io.BytesIO(raw).read, 65536) == frames.Frame(opcode, payload, ends)

    def test_that_are_too_long_are_not_read(self):
        with pytest.raises(frames.TooMuch):
            frames.read(io.BytesIO(b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff").read, 65536)

    @pytest.mark.parametrize(
        ("size", "head"),
        [
            (0, b"\x81\x80"),
            (126, b"\x81\xfe\x00\x7e"),
            (65536, b"\x81\xff" + bytes(5) + b"\x01\x00\x00"),
        ],
    )
    def test_are_written_masked(self, size, head):
        raw = frames.written(frames.TEXT, b"x" * size)

        mask, masked = raw[len(head) : len(head) + 4], raw[len(head) + 4 :]
        assert raw.startswith(head)
        assert bytes(byte ^ mask[place % 4] for place, byte in enumerate(masked)) == b"x" * size

    def test_say_why_they_close(self):
        assert frames.Frame(frames.CLOSE, b"\x0f\xa1no", True).code == 4001
        assert frames.Frame(frames.CLOSE, b"", True).code == frames.NO_CODE
