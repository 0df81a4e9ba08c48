"""Services: how they are found, read, and called."""

from __future__ import annotations

import pytest
from unitysvc.exceptions import NotFoundError

from tests.clients.driven import Driven
from tests.clients.table import covers
from tests.clients.world import CHAT, World, question, reply

PATH = "chat/completions"


@covers("Services.get", "Services.interfaces", "Services.access_plan", "Services.documents", "Services.document",
        "Service.interfaces", "Service.access_plan", "Service.documents")  # fmt: skip
async def a_service_and_its_documents(client: Driven, world: World) -> None:
    chat = world.service(CHAT)
    service = await client.services.get(chat)
    assert (service.id, service.name, service.service_type) == (chat, CHAT, "llm")
    for interfaces in (await client.services.interfaces(chat), await service.interfaces()):
        assert interfaces[0].base_url.startswith(f"{world.marketplace.url}/")
        assert {each.enrollment_id for each in interfaces} == {None}
    for plan in (await client.services.access_plan(str(chat)), await service.access_plan()):
        assert (plan.enrollment_mode, plan.gateway_type, plan.parameters) == ("disallowed", "api", [])
        told = [(each.name, each.channel_type, each.selector, each.default) for each in plan.channels]
        assert told == [("primary", "managed", "@primary", True), ("messages", "managed", "@messages", False)]
        assert "2.50 USD per 1 million input tokens" in plan.channels[0].price_description

    titles = {each.title: each for each in (await service.documents()).documents}
    assert titles["Getting started"].content is None
    assert "Connectivity test" not in titles  # it is the seller's own
    found = await client.services.documents(chat, category="code_example", mime_type="python", include_content=True)
    (example,) = found.documents
    assert "from openai import OpenAI" in example.content
    one = await client.services.document(chat, example.id, interface=found.available_interfaces[0])
    assert [each.content for each in one.documents] == [example.content]
    with pytest.raises(NotFoundError):
        await client.services.get(example.id)


@covers("Services.dispatch", "Services.stream", "Service.dispatch", "Service.stream",
        "StreamingResponse.iter_events", "StreamingResponse.iter_lines", "StreamingResponse.iter_bytes")  # fmt: skip
async def answers_whole_and_word_by_word(client: Driven, world: World) -> None:
    chat = world.service(CHAT)
    service = await client.services.get(chat)
    assert reply(await client.services.dispatch(chat, path=PATH, json=question("whole"))) == "Echo: whole"
    assert reply(await service.dispatch(path=PATH, json=question("again"))) == "Echo: again"
    assert (await service.dispatch(path="models", method="GET")).status_code == 200
    streamed = question("two words", stream=True)

    async with await client.services.stream(chat, path=PATH, json=streamed) as stream:
        assert stream.status_code == 200
        events = [each async for each in await stream.iter_events()]
    choices = [each.parsed["choices"] for each in events if isinstance(each.parsed, dict)]
    assert "".join(each[0]["delta"].get("content") or "" for each in choices if each) == "Echo: two words"
    async with await service.stream(path=PATH, json=streamed) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in await stream.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    async with await service.stream(path=PATH, json=streamed) as stream:
        content = b"".join([chunk async for chunk in await stream.iter_bytes()])
    assert content.endswith(b"data: [DONE]\n\n")


@covers("Client.resolve")
async def a_dry_run_names_what_a_call_would_reach(client: Driven, world: World) -> None:
    told = await client.resolve(path=f"p/{CHAT}/{PATH}")  # which depends on the model
    assert ([each.service_name for each in told.candidates], told.selected) == ([CHAT], None)
    told = await client.resolve(path=f"p/{CHAT}/{PATH}", routing_key={"model": "aurora-large"})
    assert (told.selected.service_id, told.selected.service_name) == (world.service(CHAT), CHAT)
    by_model = await client.resolve(path=f"p/chat/{PATH}", routing_key={"model": "delta-2"}, strategy="by_price")
    assert [each.service_name for each in by_model.candidates] == ["tidewater/delta-chat"]
