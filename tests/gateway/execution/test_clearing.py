"""Answers of scheduled calls leave the gateway without the secrets of their calls, whole or cut."""

from __future__ import annotations

import time
import uuid

from domain import call_tokens
from domain.call_tokens import CallToken
from tests.factories import records as make
from tests.fakes.upstream import answer
from tests.gateway.harness import PEPPER

SECRET = "sk-vermilion-7719"


def scheduled(purpose: str = "schedule") -> dict[str, str]:
    token = CallToken(make.TEAM, purpose, str(uuid.uuid4()), time.time() + 60)
    return {"authorization": "Bearer " + call_tokens.mint(token, PEPPER)}


async def offer(market, body: bytes) -> None:
    """A service whose upstream gives back the seller's secret that it was sent."""
    market.gateway.publish_secret(make.SELLER, "KEY", SECRET)
    market.offer("echo", answer(body, headers=[("x-echo", SECRET)]), config={"api_key": "${ secrets.KEY }"})
    await market.open()


class TestAScheduledCall:
    async def test_is_answered_without_its_secrets(self, market):
        await offer(market, b'{"you sent": "' + SECRET.encode() + b'"}')
        told = await market.gateway.call("/p/echo", headers=scheduled())
        assert (told.status_code, told.json()) == (200, {"you sent": "***"})
        assert SECRET not in str(told.headers)
        assert told.headers["x-usvc-size"] == str(len('{"you sent": ""}') + len(SECRET))
        assert told.headers["x-usvc-service"] == "echo"

    async def test_of_a_playground_is_answered_as_it_comes(self, market):
        await offer(market, SECRET.encode())
        told = await market.gateway.call("/p/echo", headers=scheduled("playground"))
        assert (told.text, "x-usvc-size" in told.headers) == (SECRET, False)

    async def test_brings_the_first_mebibyte(self, market):
        await offer(market, b"x" * 1_500_000)
        told = await market.gateway.call("/p/echo", headers=scheduled())
        assert (len(told.content), told.headers["x-usvc-size"]) == (1024 * 1024, "1500000")

    async def test_that_is_refused_is_told_from_an_answer(self, market):
        await offer(market, b"")
        told = await market.gateway.call("/p/nowhere", headers=scheduled())
        assert (told.status_code, "x-usvc-size" in told.headers) == (404, False)
