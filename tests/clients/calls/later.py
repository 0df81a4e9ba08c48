"""Calls that are made later, and again."""

from __future__ import annotations

import pytest
from unitysvc.exceptions import NotFoundError

from tests.clients.driven import Driven
from tests.clients.table import covers
from tests.clients.world import CHAT, World, question

HOURLY = {"schedule_type": "interval", "interval_seconds": 3600}
AT_NIGHT = {"schedule_type": "cron", "cron_expression": "0 3 * * *", "timezone": "Europe/Oslo"}
PATH = "chat/completions"


@covers("RecurrentRequests.create", "RecurrentRequests.get", "RecurrentRequests.list", "RecurrentRequests.update",
        "RecurrentRequests.trigger", "RecurrentRequests.delete")  # fmt: skip
async def a_recurrent_request(client: Driven, world: World) -> None:
    name, chat = world.name("probe"), world.service(CHAT)
    body = {"request_path": f"p/{CHAT}/{PATH}", "name": name, "service_id": str(chat), "body_template": question("now")}
    made = await client.recurrent_requests.create(body)
    assert (made.status, made.name, made.http_method, made.schedule) == ("draft", name, "POST", None)
    active = await client.recurrent_requests.update(made.id, {"schedule": HOURLY})
    assert (active.status, active.schedule.to_dict()) == ("active", HOURLY)
    assert (await client.recurrent_requests.get(made.id)).service_id == chat
    listed = await client.recurrent_requests.list(service_id=chat, status="active")
    assert name in {each.name for each in listed.data}

    told = await client.recurrent_requests.trigger(made.id)
    assert (told["status_code"], told["body"]["choices"][0]["message"]["content"]) == (200, "Echo: now")
    assert (await client.recurrent_requests.update(made.id, {"status": "paused"})).status == "paused"
    await client.recurrent_requests.delete(made.id)
    with pytest.raises(NotFoundError):
        await client.recurrent_requests.get(made.id)


@covers("Services.schedule", "Service.schedule")
async def a_service_called_again_and_again(client: Driven, world: World) -> None:
    chat = world.service(CHAT)
    service = await client.services.get(chat)
    options = {"path": PATH, "json": question("later"), "headers": {"X-Trace": "1"}}
    by_id = await client.services.schedule(chat, recurrence=HOURLY, name=world.name("hourly"), **options)
    own = await service.schedule(recurrence=AT_NIGHT, name=world.name("nightly"), **options)
    for made, plan in ((by_id, HOURLY), (own, AT_NIGHT)):
        assert (made.status, made.schedule.to_dict()) == ("active", plan)
        assert (made.request_path, made.service_id) == (f"/p/{CHAT}/{PATH}", chat)
        assert made.request_headers.to_dict() == {"x-trace": "1"}
        await client.recurrent_requests.delete(made.id)
