"""The platform's groups and the customer's collections."""

from __future__ import annotations

import pytest
from unitysvc.exceptions import ConflictError, NotFoundError, PermissionError

from tests.clients.driven import Driven
from tests.clients.table import covers
from tests.clients.world import CHAT, OTHER_CHAT, World, answered, question, refused, reply, until

PATH = "chat/completions"


@covers("Groups.list", "Groups.get", "Groups.get_by_name", "Groups.services", "Group.services")
async def the_catalogue_by_its_groups(client: Driven, world: World) -> None:
    listed = await client.groups.list(owner="system")
    assert "all_services" in {each.name for each in listed.data}
    assert [each.name for each in (await client.groups.list(name="ll_serv")).data] == ["all_services"]
    everything, same = await client.groups.get("all_services"), await client.groups.get_by_name("all_services")
    assert (everything.owner_type, everything.editable, same.id) == ("platform", False, everything.id)

    first = await client.groups.services("all_services", limit=4)
    second = await everything.services(limit=200, cursor=first.next_cursor)
    names = [each.name for each in [*first.data, *second.data]]
    assert (first.has_more, second.has_more, len(names)) == (True, False, len(set(names)))
    assert {CHAT, OTHER_CHAT, "tidewater/echo"} <= set(names)
    found = await client.groups.services("all_services", search="AURORA-CHAT")
    assert [each.id for each in found.data] == [world.service(CHAT)]
    with pytest.raises(PermissionError):
        await client.groups.delete(everything.id)


@covers("Groups.create", "Groups.update", "Groups.delete", "Groups.add_member", "Groups.members",
        "Groups.remove_member", "Groups.dispatch", "Groups.stream")  # fmt: skip
async def a_collection_by_its_id(client: Driven, world: World) -> None:
    name, chat, other = world.name("pool"), world.service(CHAT), world.service(OTHER_CHAT)
    pool = await client.groups.create(name=name, display_name="The pool", description="Both")
    assert (pool.name, pool.display_name, pool.owner_type, pool.editable) == (name, "The pool", "customer", True)
    with pytest.raises(ConflictError):
        await client.groups.create(name=name)
    member = await client.groups.add_member(pool.id, service_id=chat, sort_order=2)
    assert (member.service_id, member.sort_order, member.routing_key) == (chat, 2, None)
    keyed = await client.groups.add_member(pool.id, service_id=other, routing_key={"model": "delta"})
    assert keyed.routing_key.to_dict() == {"model": "delta"}
    assert {each.service_id for each in await client.groups.members(pool.id)} == {chat, other}

    await client.groups.remove_member(pool.id, other)
    pooled = await until(lambda: client.groups.dispatch(name, path=PATH, json=question("pooled")), answered)
    assert reply(pooled) == "Echo: pooled"
    async with await client.groups.stream(name, path=PATH, json=question("a b", stream=True)) as stream:
        events = [each async for each in await stream.iter_events()]
    assert events[0].parsed["object"] == "chat.completion.chunk"
    changed = await client.groups.update(pool.id, display_name=None, enabled=False)
    assert (changed.display_name, changed.enabled, changed.member_count) == (None, False, 1)
    await until(lambda: client.groups.dispatch(name, path=PATH, json=question()), refused)
    await client.groups.delete(pool.id)
    with pytest.raises(NotFoundError):
        await client.groups.get(name)


@covers("Group.add_member", "Group.members", "Group.remove_member", "Group.dispatch", "Group.stream",
        "Group.refresh", "Group.update", "Group.delete")  # fmt: skip
async def a_collection_by_itself(client: Driven, world: World) -> None:
    name, chat = world.name("own"), world.service(CHAT)
    pool = await client.groups.create(name=name)
    assert (await pool.add_member(service_id=chat)).service_id == chat
    assert [each.service_id for each in await pool.members()] == [chat]
    assert reply(await until(lambda: pool.dispatch(path=PATH, json=question("mine")), answered)) == "Echo: mine"
    async with await pool.stream(path=PATH, json=question("a b", stream=True)) as stream:
        lines = [line async for line in await stream.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    assert (await pool.update(description="Mine alone")).description == "Mine alone"
    fresh = await pool.refresh()
    assert (fresh.member_count, fresh.interface.base_url) == (1, f"{world.marketplace.url}/g/{name}")
    await pool.remove_member(chat)
    assert await pool.members() == []
    await pool.delete()
    assert name not in {each.name for each in (await client.groups.list(owner="own")).data}
