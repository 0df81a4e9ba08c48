"""A thousand random requests are carried out exactly as their explanations say."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from domain.event_ids import new_event_id
from domain.routing.asking import PlanRefused
from domain.routing.explanation import explain
from domain.routing.grammar import BadPath
from domain.routing.snapshot import (
    ALIAS,
    BROADCAST,
    CHAIN,
    GROUP,
    AliasRecord,
    AliasRow,
    BroadcastTarget,
    ChainStep,
    GroupRecord,
)
from domain.routing.tree import Refused
from gateway import pipeline
from gateway.context import RequestContext
from gateway.errors import GatewayError
from gateway.execution.sinks import Collector
from gateway.telling import own_headers
from gateway.upstream.response import UpstreamResponse
from tests.domain.routing.worlds import World
from tests.factories import records as make
from tests.gateway.harness import Gateway, serving

SERVICES = [f"s{number}" for number in range(6)]
MODELS = ["m", "n", "o"]
REQUESTS = 1000
KEY_ID = "7d0d8e0e-0000-4000-8000-0000000000ff"


@dataclass(frozen=True)
class Asked:
    """What of a request decides beside its path."""

    key: dict[str, Any] | None
    session: str | None


class Chance:
    """Random records and random requests that use them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def target(self) -> str:
        kind = self.random.choice("ppaagcbx")
        if kind == "p":
            return self.random.choice([f"p/{self.service()}", self.service(), f"p/{make.service_id(self.service())}"])
        return f"{kind}/{kind}{self.random.randrange(3)}" if kind != "x" else "p/nobody"

    def service(self) -> str:
        return self.random.choice(SERVICES)

    def path(self) -> str:
        """A path with wrappers and their parameters, in any order."""
        wrappers = [letter for letter in "lmft" if self.random.random() < 0.25]
        self.random.shuffle(wrappers)
        parameters = {
            "m": "_ttl=5m",
            "l": "_complete",
            "f": f"_else={self.target()}" if self.random.random() < 0.8 else "",
            "t": f"_to={self.target()}",
        }
        query = "&".join(parameters[letter] for letter in wrappers if parameters[letter])
        target = self.target()
        if target.startswith("s"):
            target = f"p/{target}"
        path = "/".join((*wrappers, target)) + self.random.choice(["", "/chat"])
        return f"{path}?{query}" if query else path

    def step(self, name: str, following: list[str]) -> ChainStep:
        verdicts = ["stop", "relay", "continue", *following]
        return ChainStep(name, self.target(), self.random.choice(verdicts), self.random.choice(verdicts))

    def key(self) -> dict[str, Any] | None:
        """A routing key, or none: of a request, a row, a member, or one that is asked for instead."""
        return self.random.choice([None, None, *({"model": model} for model in MODELS)])

    def alias(self, name: str) -> AliasRecord:
        """Rows for some models, most often one for all others; each may ask for another model instead."""
        keys = self.random.choice([[None], [None, {"model": "m"}], [{"model": "m"}, {"model": "n"}]])
        rows = (
            AliasRow(f"{name}-{place}", self.path().replace("_else=&", ""), key, self.key())
            for place, key in enumerate(keys)
        )
        return AliasRecord(name, tuple(rows))

    def group(self, name: str) -> GroupRecord:
        """Members with models of their own and without, of every policy and every way to read a request's model."""
        members = [
            make.member(
                each,
                weight=self.random.randrange(5),
                price=self.random.choice([None, "1", "2"]),
                routing_key=self.key(),
                forwards=self.random.choice([None, {"model": f"native-{each}"}]),
            )
            for each in self.random.sample(SERVICES, 3)
        ]
        return make.group(
            name,
            *members,
            policy=self.random.choice(["weighted_random", "by_price", "lowest_latency", "sticky"]),
            access=self.random.choice(["open", "open", "collection", "keyed"]),
            sticky_header=self.random.choice(["", "x-session"]),
        )

    def world(self) -> World:
        world = World()
        for place, name in enumerate(SERVICES):
            world.offer(name, requires_enrollment=place == 4)
        for number in range(3):
            world.put(self.alias(f"a{number}"))
            world.put(self.group(f"g{number}"), own=False)
            steps = [self.step("one", ["two", "three"]), self.step("two", ["three"]), self.step("three", [])]
            world.put(make.chain(f"c{number}", *steps))
            targets = [BroadcastTarget(f"t{place}", self.target(), self.key()) for place in range(2)]
            world.put(make.broadcast(f"b{number}", *targets, policy=self.random.choice(["any", "all"])))
        return world


def predicted(stage: dict[str, Any], statuses: dict[str, int]) -> tuple[int, str | None, Counter[str]]:
    """Return what an explanation says will happen: the status, who answers, and which services are called how often."""
    match stage["stage"]:
        case "call":
            return statuses[stage["service"]], stage["service"], Counter([stage["service"]])
        case "refuse":
            return stage["status"], None, Counter()
        case "choose":
            return first_that_answers([{"stage": "call", **call} for call in stage["calls"]], statuses)
        case "fall back":
            sides = [stage["primary"], *([stage["fallback"]] if stage["fallback"] else [])]
            return first_that_answers(sides, statuses)
        case "copy":
            status, by, called = predicted(stage["primary"], statuses)
            return status, by, called + predicted(stage["copy"], statuses)[2]
        case "remember":
            return predicted(stage["miss"], statuses)
        case "chain":
            return walked(stage["steps"], statuses)
        case "broadcast":
            parts = [predicted(target["plan"], statuses) for target in stage["targets"]]
            met = sum(0 < status < 400 for status, _, _ in parts) >= stage["needed"]
            return 200 if met else 424, None, sum((called for _, _, called in parts), Counter())
    raise AssertionError(stage)


def first_that_answers(stages: list[dict[str, Any]], statuses: dict[str, int]) -> tuple[int, str | None, Counter[str]]:
    calls: Counter[str] = Counter()
    status, by = 0, None
    for stage in stages:
        status, by, called = predicted(stage, statuses)
        calls += called
        if status < 500 and status != 429:
            break
    return status, by, calls


def walked(steps: list[dict[str, Any]], statuses: dict[str, int]) -> tuple[int, str | None, Counter[str]]:
    names, place, calls = [step["name"] for step in steps], 0, Counter()
    while True:
        status, by, called = predicted(steps[place]["plan"], statuses)
        calls += called
        verdict = steps[place]["on_success" if status < 400 else "on_failure"]
        following = place + 1 if verdict == "continue" else names.index(verdict) if verdict in names else len(steps)
        if following >= len(steps):
            return status, by, calls
        place = following


def explained(world: World, path: str, seed: int, asked: Asked) -> dict[str, Any]:
    """Return the explanation of a request, or what it is refused with."""
    address, _, query = path.partition("?")
    try:
        node = world.plan(
            f"/{address}",
            query,
            draw=random.Random(seed).random,
            caller=KEY_ID,
            routing_key=asked.key,
            header={"x-session": asked.session}.get,
            shows_all=True,
        )
    except PlanRefused as error:
        node = Refused(error.refusal)
    except BadPath as error:
        return {"stage": "refuse", "status": error.status, "code": error.code}
    return explain(node, lambda _call: Decimal("0.01"))["plan"]


class NoConnection:
    """Where an answer comes from that is there at once."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def abandon(self) -> None: ...


class Upstreams:
    """Stands in for the upstream client: answers at once with the status that its service has now."""

    def __init__(self, statuses: dict[str, int]) -> None:
        self.statuses = statuses
        self.called: Counter[str] = Counter()

    async def request(self, method: str, url: str, *_: Any, **__: Any) -> UpstreamResponse:
        name = url.split("?")[0].split("/")[3]
        self.called[name] += 1
        response = UpstreamResponse(NoConnection(), asyncio.get_running_loop(), 1024)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
        response.start(self.statuses[name], headers, is_events=False, length=2)
        response.put(b"{}")
        response.finish()
        return response

    async def close(self) -> None:
        return None


async def call(gateway: Gateway, path: str, asked: Asked) -> Collector:
    """Send a request through the pipeline, as the door does, and return its answer."""
    deps, told = gateway.app.runtime.deps, Collector()
    body = orjson.dumps(asked.key or {})
    headers = [(b"x-api-key", gateway.key.encode()), (b"content-type", b"application/json")]
    if asked.session is not None:
        headers.append((b"x-session", asked.session.encode()))
    address, _, query = path.partition("?")
    started_ms = time.time_ns() // 1_000_000
    ctx = RequestContext(
        new_event_id(started_ms), "POST", f"/{address}", query, headers, body, started_ms, time.monotonic()
    )
    try:
        await pipeline.run(ctx, deps, told.client())
    except GatewayError as error:
        await told.take_head(error.status, own_headers(ctx))
        await told.take_body(error.code.encode(), True)
    while deps.background._running:
        await asyncio.sleep(0)
    return told


async def test_a_thousand_random_requests(tmp_path):
    chance, statuses = Chance(20), dict.fromkeys(SERVICES, 200)
    kinds: Counter[str] = Counter()
    async with serving(tmp_path, balance="1000") as gateway:
        deps = gateway.app.runtime.deps
        upstreams = Upstreams(statuses)
        object.__setattr__(deps, "upstream", upstreams)
        for number in range(REQUESTS):
            if number % 50 == 0:
                world = chance.world()
                _publish(world, gateway)
                await gateway.see_changes()
            statuses |= {name: chance.random.choice([200, 200, 200, 500, 429, 404]) for name in SERVICES}
            path = chance.path()
            upstreams.called.clear()
            gateway.memos._kept.clear()
            deps.health._states.clear()
            object.__setattr__(deps, "draw", random.Random(number).random)
            asked = Asked(chance.key(), chance.random.choice([None, "a", "b", "c"]))
            plan = explained(world, path, number, asked)
            status, by, calls = predicted(plan, statuses)
            told = await call(gateway, path, asked)
            assert (told.status, upstreams.called) == (status, calls), (path, plan, told.body)
            if by is not None:
                assert told.header(b"x-usvc-service").decode() == by, (path, plan)
            if plan["stage"] == "refuse":
                assert told.body.decode() == plan["code"], path
            kinds[plan["stage"]] += 1
    # every kind of plan was met, and many were no refusals
    assert min(kinds[kind] for kind in ("call", "choose", "chain", "broadcast", "remember", "copy", "fall back")) > 10
    assert kinds["refuse"] < REQUESTS * 2 / 3


def _publish(world: World, gateway: Gateway) -> None:
    codecs = {"alias": ALIAS, "group": GROUP, "chain": CHAIN, "broadcast": BROADCAST}
    for (kind, key), record in world.records.items():
        if kind == "service":
            channel = make.channel(config={"base_url": f"http://upstream.example/{record.name}"})
            gateway.publish_service(
                path=record.name,
                id=record.id,
                name=record.name,
                channels=(channel,),
                requires_enrollment=record.requires_enrollment,
            )
        else:
            gateway.records.put(kind, key, codecs[kind].encode(record))
