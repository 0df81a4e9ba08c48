"""Secrets, variables and aliases."""

from __future__ import annotations

import pytest
from unitysvc.exceptions import NotFoundError, ValidationError

from tests.clients.driven import Driven
from tests.clients.table import covers
from tests.clients.world import CHAT, OTHER_CHAT, World, question, reply, until


@covers("Secrets.set", "Secrets.get", "Secrets.list", "Secrets.delete")
async def secrets_that_nobody_reads_and_variables_that_one_does(client: Driven, world: World) -> None:
    secret, variable = world.constant("TOKEN"), world.constant("CITY")
    made = await client.secrets.set(secret, "hidden", description="For the weather")
    assert (made.name, made.sensitive, made.value, made.description) == (secret, True, None, "For the weather")
    shown = await client.secrets.set(variable, "Oslo", sensitive=False)
    assert (shown.sensitive, shown.value) == (False, "Oslo")

    changed = await client.secrets.set(secret, "new")
    assert (changed.id, changed.description, changed.value) == (made.id, "For the weather", None)
    assert (await client.secrets.get(secret)).id == made.id
    assert (await client.secrets.get(variable)).value == "Oslo"
    listed = await client.secrets.list()
    assert {secret: None, variable: "Oslo"}.items() <= {each.name: each.value for each in listed.data}.items()
    assert listed.count == len(listed.data)
    assert [each.name for each in (await client.secrets.list(skip=1, limit=1)).data] == [listed.data[1].name]

    assert secret in (await client.secrets.delete(secret)).message
    with pytest.raises(NotFoundError, match="no such secret"):
        await client.secrets.get(secret)
    with pytest.raises(ValidationError):
        await client.secrets.set("lower-case", "x")


@covers("Aliases.create", "Aliases.get", "Aliases.list", "Aliases.update", "Aliases.switch", "Aliases.delete",
        "Client.dispatch")  # fmt: skip
async def an_alias_that_is_switched_under_its_calls(client: Driven, world: World) -> None:
    name = world.name("llm")
    first = await client.aliases.create({"name": name, "target_path": f"p/{CHAT}", "description": "The usual"})
    second = await client.aliases.create({"name": name, "target_path": f"p/{OTHER_CHAT}"})
    assert (first.name, first.target_path, first.is_routing, second.is_routing) == (name, f"p/{CHAT}", True, False)
    assert (await client.aliases.get(first.id)).description == "The usual"
    assert {each.id for each in (await client.aliases.list(name=name)).data} == {first.id, second.id}

    async def leads_to(service: str) -> None:
        asked = await until(
            lambda: client.dispatch(f"a/{name}/chat/completions", json=question("hello")),
            lambda response: response.headers.get("x-usvc-service") == service,
        )
        assert reply(asked) == "Echo: hello"

    await leads_to(CHAT)
    model = {"model": "delta-2"}
    changed = await client.aliases.update(second.id, {"routing_key_override": model, "description": "The other"})
    assert (changed.routing_key_override.to_dict(), changed.description) == (model, "The other")
    switched = await client.aliases.switch(name, target="delta")
    assert (switched.alias.id, switched.demoted_alias_id) == (second.id, first.id)
    await leads_to(OTHER_CHAT)
    assert (await client.aliases.switch(name)).alias.id == first.id  # the next one, round and round
    assert (await client.aliases.switch(str(first.id), on=False)).alias.is_routing is False

    await client.aliases.delete(first.id)
    assert [each.id for each in (await client.aliases.list(name=name)).data] == [second.id]
    both = await client.aliases.list(name=name, include_deactivated=True)
    assert {each.id: each.deactivated_at is None for each in both.data} == {first.id: False, second.id: True}
