"""What is charged for every way in which a call can end, streamed or not, by either way through the gateway.

Prices are 3 USD a million tokens read and 15 USD a million written. The upstream states 7 read and 2 written, which
is 0.000051 USD; what nobody states is estimated, four bytes of text a token.
"""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal

import httpx
import pytest

from domain import pricing
from domain.rating import rate
from tests.factories import records as make
from tests.fakes.upstream import Close, Die, Hang, Send, Until, head, json_answer, sse
from tests.gateway.conftest import offer
from tests.gateway.harness import serving

PRICE = {"type": "one_million_tokens", "input": "3", "output": "15"}
STATED = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
HOSTILE = {"prompt_tokens": -1_000_000, "completion_tokens": 2, "total_tokens": 9}
#: 40 bytes of text: 10 tokens.
SAID = {"choices": [{"delta": {"content": "x" * 40}}]}
#: The only text that is asked: its word and the model's name are 7 bytes, 2 tokens.
ASKED = {"model": "m", "messages": [{"content": "Listen"}]}

OTHER_VERSION = "7d0d8e0e-0000-4000-8000-000000000002"
BALANCE = 100
FULL = Decimal("0.000051")
NOTHING = Decimal(0)
#: 2 tokens asked, 10 said.
ESTIMATED = Decimal("0.000156")


def whole(usage: object) -> list:
    answer = {"choices": [{"message": {"content": "x" * 40}}]}
    return json_answer({**answer, "usage": usage} if usage else answer)


def stream(usage: object) -> list:
    return sse([SAID, *([{"choices": [], "usage": usage}] if usage else []), "[DONE]"])


def cut(end: object) -> list:
    """A whole answer of which only 60 bytes come: 15 tokens, taken for text."""
    return [Send(head(200, [("Content-Type", "application/json"), ("Content-Length", "500")]) + b"y" * 60), end]


#: name: (stream, what the upstream does, does the client leave, outcome, flags, charge)
ENDS = {
    "finished": (False, whole(STATED), "stays", "completed", (), FULL),
    "stream finished": (True, stream(STATED), "stays", "completed", (), FULL),
    "client gone before the first byte, upstream never answers": (False, [Hang()], "early", "failed", (), NOTHING),
    "stream, client gone before the first byte, upstream never answers":
        (True, [Hang()], "early", "failed", (), NOTHING),
    "client gone before the first byte, upstream answers soon": (False, whole(STATED), "late", "completed", (), FULL),
    "stream, client gone before the first byte, upstream answers soon":
        (True, stream(STATED), "late", "interrupted", (), FULL),
    "client gone mid-way": (False, cut(Hang()), "early", "interrupted", ("estimated",), Decimal("0.000231")),
    "stream, client gone mid-way": (True, sse([SAID], end=[Hang()]), "early", "interrupted", ("estimated",), ESTIMATED),
    "upstream dies mid-way": (False, cut(Die()), "stays", "failed", ("estimated",), NOTHING),
    "stream, upstream dies mid-way":
        (True, sse([SAID], end=[Die()]), "stays", "interrupted", ("estimated",), ESTIMATED),
    "stream, upstream closes mid-way":
        (True, sse([SAID], end=[Close()]), "stays", "interrupted", ("estimated",), ESTIMATED),
    "usage missing": (False, whole(None), "stays", "completed", ("estimated",), ESTIMATED),
    "stream, usage missing": (True, stream(None), "stays", "completed", ("estimated",), ESTIMATED),
    "hostile usage": (False, whole(HOSTILE), "stays", "completed", ("hostile_usage", "estimated"), ESTIMATED),
    "stream, hostile usage": (True, stream(HOSTILE), "stays", "completed", ("hostile_usage", "estimated"), ESTIMATED),
}  # fmt: skip


@pytest.mark.parametrize("way", ["general", "plain"])
@pytest.mark.parametrize(("is_stream", "script", "client", "outcome", "flags", "charge"), ENDS.values(), ids=ENDS)
async def test_a_call_is_charged_for_what_was_produced(
    tmp_path, upstream, taken, way, is_stream, script, client, outcome, flags, charge
):
    async with serving(tmp_path, balance=str(BALANCE), drain_seconds=0.3) as gateway:
        await offer(gateway, upstream, price=make.price(price=PRICE))
        before = await warmed(gateway, upstream) if way == "plain" else 0
        answering = asyncio.Event()
        upstream.answers([Until(answering), *script] if client == "late" else script)
        asking = asyncio.create_task(ask(gateway, is_stream=is_stream))
        if client == "stays":
            await asking
        else:
            await reached(upstream, before + 1)
            await asyncio.sleep(0.05)  # what is sent mid-way arrives
            asking.cancel()
            await asyncio.wait([asking])
            await asyncio.sleep(0.05)  # the gateway sees its client go
            answering.set()
        event = (await gateway.events(before + 1))[-1]
        rating = rate(event, pricing.compile(PRICE))

        assert taken[-1] == way
        assert (event.outcome, event.flags, rating.cost) == (outcome, flags, charge)
        assert await left(gateway) == BALANCE - charge - before * FULL


class TestThePlainWay:
    async def test_is_taken_by_calls_that_have_all_they_need(self, tmp_path, upstream, taken):
        async with serving(tmp_path, balance=str(BALANCE)) as gateway:
            await offer(gateway, upstream, price=make.price(price=PRICE))
            await warmed(gateway, upstream)
            taken.clear()
            await ask(gateway, is_stream=False)
            assert taken == ["plain"]

    async def test_sees_a_price_that_was_changed_in_between(self, tmp_path, upstream):
        async with serving(tmp_path, balance=str(BALANCE)) as gateway:
            await offer(gateway, upstream, price=make.price(price=PRICE))
            before = await warmed(gateway, upstream)
            await offer(gateway, upstream, price=make.price("0.25", id=OTHER_VERSION))
            await ask(gateway, is_stream=False)
            assert (await gateway.events(before + 1))[-1].hold == Decimal("0.25")

    async def test_sees_a_route_that_was_taken_away_and_a_key_that_was_revoked(self, tmp_path, upstream):
        async with serving(tmp_path, balance=str(BALANCE)) as gateway:
            await offer(gateway, upstream, price=make.price(price=PRICE))
            await warmed(gateway, upstream)
            gateway.records.remove("route", "acme/chat")
            await gateway.see_changes()
            assert (await ask(gateway, is_stream=False)) == 404
            gateway.publish_key(may_call=False)
            await gateway.see_changes()
            assert (await ask(gateway, is_stream=False)) == 403

    async def test_goes_on_the_general_way_when_its_connection_turns_out_to_be_closed(self, tmp_path, upstream):
        async with serving(tmp_path, balance=str(BALANCE)) as gateway:
            await offer(gateway, upstream, price=make.price(price=PRICE))
            before = await warmed(gateway, upstream)
            upstream.answers([Die()], whole(STATED))
            statuses = [await ask(gateway, is_stream=False)]
            assert statuses == [200]
            assert (await gateway.events(before + 1))[-1].outcome == "completed"
            assert await left(gateway) == BALANCE - (before + 1) * FULL


async def warmed(gateway, upstream) -> int:
    """Make the call after which a plain one has all it needs, and draw money ahead; return how many calls that were."""
    upstream.answers(whole(STATED))
    await ask(gateway, is_stream=False)
    await gateway.events(1)
    assert gateway.app.runtime is not None
    leases = gateway.app.runtime.deps.leases
    leases.release(await leases.hold(make.WALLET, Decimal(1)), NOTHING)
    return 1


async def ask(gateway, *, is_stream: bool) -> int:
    """Call and read the answer as far as it comes. Return the status."""
    headers = {"authorization": f"Bearer {gateway.key}"}
    body = {**ASKED, "stream": True, "stream_options": {"include_usage": True}} if is_stream else ASKED
    path = "/p/acme/chat/chat/completions"
    async with gateway.client.stream("POST", path, content=json.dumps(body), headers={
        **headers, "content-type": "application/json"
    }) as answer:  # fmt: skip
        try:
            async for _ in answer.aiter_bytes():
                pass
        except httpx.RemoteProtocolError:
            return 0
        return answer.status_code


async def reached(upstream, count: int) -> None:
    async with asyncio.timeout(3):
        while len(upstream.requests) < count:
            await asyncio.sleep(0.01)


async def left(gateway) -> Decimal:
    """Return what the wallet has once the gateway has given back all that it holds for no call."""
    assert gateway.app.runtime is not None
    await gateway.app.runtime.deps.leases.give_back_idle(at_once=True)
    return gateway.leases.spendable[make.WALLET]
