"""The fluent form of the path primitives, which only the client that waits has."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.clients.driven import Driven
from tests.clients.table import covers
from tests.clients.world import FORECAST, OSLO, World, answered, question, until

WRAPPERS = ("logged", "cached", "with_failover", "with_tee", "delayed", "recurrent")
OBJECTS = ("Service", "Group", "Chain", "Broadcast", "WrappedTarget")
EVERY = [f"{each}.{wrapper}" for each in OBJECTS for wrapper in WRAPPERS]


async def wrapped_in_each(target: Any, other: Any) -> dict[str, Any]:
    return {
        "logged": await target.logged(_complete=True),
        "cached": await target.cached(_ttl="5m", _renew=True),
        "with_failover": await target.with_failover(other),
        "with_tee": await target.with_tee(other),
        "delayed": await target.delayed(_in="1h"),
        "recurrent": await target.recurrent(_every="1h"),
    }


@covers(*EVERY, "WrappedTarget.dispatch", kinds=("sync",))
async def everything_wrapped_in_everything(client: Driven, world: World) -> None:
    service = await client.services.get(world.service(FORECAST))
    step = {"name": "only", "target_path": f"p/{FORECAST}"}
    pool = await client.groups.create(name=world.name("wrapped"))
    await pool.add_member(service_id=service.id)
    chain = await client.chains.create(name=world.name("wrapped"), steps=[step])
    broadcast = await client.broadcasts.create(name=world.name("wrapped"), targets=[step])
    once = await service.logged()
    for target in (pool, chain, broadcast):
        await until(partial(client.dispatch, target.path, json={}), answered)
    await until(partial(client.dispatch, broadcast.path, json={}), lambda told: told.json()["results"])
    for target in (service, pool, chain, broadcast, once):
        for wrapper, made in (await wrapped_in_each(target, service)).items():
            answer = await made.dispatch(json={})
            where = (made.path, answer.text)
            if target is once and wrapper == "logged":
                assert (answer.status_code, answer.json()["error"]["code"]) == (400, "wrapper_twice"), where
                continue
            assert answer.status_code == (202 if wrapper in {"delayed", "recurrent"} else 200), where
            told = answer.json()
            if answer.status_code == 202:
                assert told["id"], where
            else:
                told = told["results"][0]["body"] if target is broadcast else told
                assert told.items() >= OSLO.items(), where


@covers("Service.cached", "Service.recurrent", "WrappedTarget.dispatch", kinds=("sync",))
async def wrappers_that_do_what_they_say(client: Driven, world: World) -> None:
    service = await client.services.get(world.service(FORECAST))
    kept = await service.cached(_ttl="5m")
    question_ = question(world.name("kept"))
    answers = [await kept.dispatch(json=question_) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["x-usvc-cache"].startswith("hit")
    again = await (await service.recurrent(_every="1h")).dispatch(json={})
    made = await client.recurrent_requests.get(again.json()["id"])
    assert (made.status, made.schedule.to_dict()["interval_seconds"]) == ("active", 3600)
    await client.recurrent_requests.delete(made.id)
