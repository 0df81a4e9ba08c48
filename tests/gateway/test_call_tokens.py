"""Calls that the platform makes for a customer."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal

import pytest

from domain import call_tokens
from domain.call_tokens import CallToken
from tests.factories import records as make
from tests.fakes.upstream import json_answer
from tests.gateway.conftest import offer
from tests.gateway.harness import PEPPER

RUN = "7d0d8e0e-0000-4000-8000-0000000000aa"
OTHER = "7d0d8e0e-0000-4000-8000-0000000000bb"
USED = {"usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}}
PER_TOKEN = {"type": "one_million_tokens", "input": "0", "output": "1000"}


def token(**changes) -> dict[str, str]:
    """Return the header of a token."""
    values = {"team_id": make.TEAM, "purpose": "schedule", "reference": RUN, "expires_at": time.time() + 60}
    return {"authorization": "Bearer " + call_tokens.mint(CallToken(**{**values, **changes}), PEPPER)}


@pytest.fixture(autouse=True)
def _answers(upstream):
    upstream.answers(*[json_answer(USED)] * 50)


async def test_a_token_calls_for_its_team(gateway):
    answer = await gateway.call(headers=token())

    event = await gateway.event()
    assert answer.status_code == 200
    assert (event.team_id, event.api_key_id) == (make.TEAM, None)
    assert (event.origin, event.origin_id) == ("schedule", RUN)


async def test_an_expired_token_is_refused(gateway):
    answer = await gateway.call(headers=token(expires_at=time.time() - 1))

    assert answer.status_code == 401
    assert "expired" in answer.json()["error"]["message"]


async def test_a_token_of_an_account_without_calls_is_refused(gateway):
    assert (await gateway.call(headers=token(team_id=OTHER))).status_code == 403


async def test_a_token_is_for_its_service_alone(gateway):
    mine = await gateway.call(headers=token(service_id=make.SERVICE))
    other = await gateway.call(headers=token(service_id=OTHER))

    assert (mine.status_code, other.status_code) == (200, 403)
    assert other.json()["error"]["code"] == "other_service"


async def test_the_key_of_the_platform_never_goes_upstream(gateway, upstream):
    sent = token()

    await gateway.call(headers=sent)

    assert sent["authorization"].removeprefix("Bearer ") not in str(upstream.requests[-1].headers)


class TestBudget:
    async def test_of_three_cents_buys_three_calls_of_a_cent(self, gateway):
        headers = token(cap=Decimal("0.03"))

        answers = [await gateway.call(headers=headers) for _ in range(4)]

        assert [each.status_code for each in answers] == [200, 200, 200, 402]
        assert answers[-1].json()["error"]["code"] == "budget_spent"
        assert "may still cost 0 USD" in answers[-1].json()["error"]["message"]

    async def test_gets_back_what_a_call_did_not_cost(self, gateway, upstream):
        # a call may make 10 tokens of 0.001, and makes 2
        await offer(gateway, upstream, price=make.price(price=PER_TOKEN, id=OTHER))
        headers = token(cap=Decimal("0.012"))
        answers = []
        for count in range(4):
            answers.append(await gateway.call(headers=headers, body={"model": "m", "max_tokens": 10}))
            await gateway.events(min(count + 1, 2))

        assert [each.status_code for each in answers] == [200, 200, 402, 402]
        assert "may still cost 0.008 USD" in answers[-1].json()["error"]["message"]

    async def test_of_another_token_is_its_own(self, gateway):
        spent = await gateway.call(headers=token(cap=Decimal(0)))
        fresh = await gateway.call(headers=token(cap=Decimal(1), reference=OTHER))

        assert (spent.status_code, fresh.status_code) == (402, 200)

    async def test_is_not_passed_by_calls_at_the_same_time(self, gateway):
        headers = token(cap=Decimal("0.05"))

        answers = await asyncio.gather(*(gateway.call(headers=headers) for _ in range(20)))

        assert sorted(each.status_code for each in answers) == [200] * 5 + [402] * 15

    async def test_is_given_back_when_the_wallet_cannot_bear_the_call(self, gateway, upstream):
        await offer(gateway, upstream, price=make.price("5", id=OTHER))
        headers = token(cap=Decimal(6))
        too_dear = [await gateway.call(headers=headers) for _ in range(2)]

        assert [each.json()["error"]["code"] for each in too_dear] == ["insufficient_funds"] * 2
