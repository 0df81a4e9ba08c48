"""Chains and broadcasts."""

from __future__ import annotations

from typing import Any

import pytest
from unitysvc.exceptions import NotFoundError

from tests.clients.driven import Driven
from tests.clients.table import covers
from tests.clients.world import CHAT, OTHER_CHAT, World, answered, question, refused, reply, until

FIRST = {"name": "first", "target_path": f"p/{CHAT}"}
PATH = "chat/completions"


@covers("Chains.create", "Chains.get", "Chains.list", "Chains.update", "Chains.add_step", "Chains.update_step",
        "Chains.remove_step", "Chains.replace_steps", "Chains.delete")  # fmt: skip
async def a_chain_by_its_id(client: Driven, world: World) -> None:
    name = world.name("chain")
    chain = await client.chains.create(name=name, description="Twice", default_timeout_ms=5000, steps=[FIRST])
    assert (chain.name, chain.description, chain.default_timeout_ms, chain.enabled) == (name, "Twice", 5000, True)
    assert [(each.name, each.on_success, each.on_failure) for each in chain.steps] == [("first", "stop", "continue")]
    step = await client.chains.add_step(chain.id, name="second", target_path=f"p/{OTHER_CHAT}", sort_order=1)
    assert (step.chain_id, step.name, step.timeout_ms) == (chain.id, "second", None)
    assert (await client.chains.update_step(chain.id, step.id, timeout_ms=900)).timeout_ms == 900
    await client.chains.remove_step(chain.id, step.id)
    assert [each.name for each in (await client.chains.get(chain.id)).steps] == ["first"]
    replaced = await client.chains.replace_steps(chain.id, [{**FIRST, "name": "a"}, {**FIRST, "name": "b"}])
    assert [each.name for each in replaced.steps] == ["a", "b"]
    assert chain.id in {each.id for each in (await client.chains.list()).data}

    linked = await until(lambda: client.dispatch(f"c/{name}/{PATH}", json=question("linked")), answered)
    assert reply(linked) == "Echo: linked"
    assert (await client.chains.update(chain.id, enabled=False, description=None)).enabled is False
    await until(lambda: client.dispatch(f"c/{name}/{PATH}", json=question()), refused)
    await client.chains.delete(chain.id)
    with pytest.raises(NotFoundError):
        await client.chains.get(chain.id)


@covers("Chain.dispatch", "Chain.refresh", "Chain.update", "Chain.add_step", "Chain.update_step", "Chain.remove_step",
        "Chain.replace_steps", "Chain.delete")  # fmt: skip
async def a_chain_by_itself(client: Driven, world: World) -> None:
    chain = await client.chains.create(name=world.name("links"))
    step = await chain.add_step(name="only", target_path=f"p/{OTHER_CHAT}", sort_order=0)
    assert (await chain.update_step(step.id, target_path=f"p/{CHAT}")).target_path == f"p/{CHAT}"
    chained = await until(lambda: chain.dispatch(path=PATH, json=question("chained")), answered)
    assert reply(chained) == "Echo: chained"
    assert (await chain.update(default_timeout_ms=2000)).default_timeout_ms == 2000
    await chain.remove_step(step.id)
    assert (await chain.refresh()).steps == []
    assert [each.name for each in (await chain.replace_steps([FIRST])).steps] == ["first"]
    await chain.delete()
    assert chain.id not in {each.id for each in (await client.chains.list()).data}


@covers("Broadcasts.create", "Broadcasts.get", "Broadcasts.list", "Broadcasts.update", "Broadcasts.add_target",
        "Broadcasts.remove_target", "Broadcasts.replace_targets", "Broadcasts.delete")  # fmt: skip
async def a_broadcast_by_its_id(client: Driven, world: World) -> None:
    name = world.name("all")
    made = await client.broadcasts.create(name=name, description="Both", target_timeout_ms=9000, targets=[FIRST])
    assert (made.name, made.mode, made.target_timeout_ms) == (name, "sync", 9000)
    override = {"model": "delta-2"}
    target = await client.broadcasts.add_target(
        made.id, name="second", target_path=f"p/{OTHER_CHAT}", routing_key_override=override, sort_order=1
    )
    assert (target.broadcast_id, target.routing_key_override.to_dict()) == (made.id, override)

    async def spread() -> dict[str, str]:
        told = (await client.dispatch(f"b/{name}/{PATH}", json=question("spread"))).json()
        return {each["name"]: each["body"]["choices"][0]["message"]["content"] for each in told.get("results", ())}

    assert await until(spread, lambda found: len(found) == 2) == {"first": "Echo: spread", "second": "Echo: spread"}

    await client.broadcasts.remove_target(made.id, target.id)
    assert [each.name for each in (await client.broadcasts.get(made.id)).targets] == ["first"]
    replaced = await client.broadcasts.replace_targets(made.id, [{**FIRST, "name": "x"}])
    assert [each.name for each in replaced.targets] == ["x"]
    assert (await client.broadcasts.update(made.id, mode="async", enabled=False)).mode == "async"
    assert made.id in {each.id for each in (await client.broadcasts.list()).data}
    await client.broadcasts.delete(made.id)
    with pytest.raises(NotFoundError):
        await client.broadcasts.get(made.id)


def fanned(response: Any) -> bool:
    return answered(response) and len(response.json()["results"]) == 1


@covers("Broadcast.dispatch", "Broadcast.refresh", "Broadcast.update", "Broadcast.add_target",
        "Broadcast.remove_target", "Broadcast.replace_targets", "Broadcast.delete")  # fmt: skip
async def a_broadcast_by_itself(client: Driven, world: World) -> None:
    made = await client.broadcasts.create(name=world.name("fan"))
    target = await made.add_target(name="one", target_path=f"p/{CHAT}")
    told = (await until(lambda: made.dispatch(path=PATH, json=question("fanned")), fanned)).json()
    assert [(each["name"], each["status_code"]) for each in told["results"]] == [("one", 200)]
    assert (await made.update(mode="async")).mode == "async"
    later = await until(lambda: made.dispatch(path=PATH, json=question("fanned")), lambda one: one.status_code == 202)
    assert [each["name"] for each in later.json()["tasks"]] == ["one"]
    await made.remove_target(target.id)
    assert (await made.refresh()).targets == []
    assert [each.name for each in (await made.replace_targets([FIRST])).targets] == ["first"]
    await made.delete()
    assert made.id not in {each.id for each in (await client.broadcasts.list()).data}
