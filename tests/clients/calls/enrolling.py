"""Enrollments, from the request to the end."""

from __future__ import annotations

import pytest
from unitysvc.exceptions import ValidationError

from tests.clients.driven import Driven
from tests.clients.table import covers
from tests.clients.world import FORECAST, TOPICS, World, answered, refused, until


@covers("Enrollments.create", "Enrollments.get", "Enrollments.list", "Enrollments.cancel")
async def an_enrollment_by_its_id(client: Driven, world: World) -> None:
    topics = world.service(TOPICS)
    asked = await client.enrollments.create(service_id=topics, shared=True)
    assert (asked.service_id, asked.task_id != "") == (topics, True)
    enrolled = await until(lambda: client.enrollments.get(asked.id), lambda found: found.status != "pending")
    assert (enrolled.status, len(enrolled.code), enrolled.owner_id) == ("active", 4, None)
    assert enrolled.service["name"] == TOPICS

    published = await until(lambda: client.dispatch(f"e/{enrolled.code}", data="hello"), answered)
    assert (published.json()["topic"], published.json()["message"]) == (enrolled.code, "hello")
    by_hint = await client.services.dispatch(topics, enrollment=enrolled.id, data="again")
    assert by_hint.json()["topic"] == enrolled.code
    for shared in (True, False):  # what a key makes is its account's, either way
        assert enrolled.id in {each.id for each in (await client.enrollments.list(shared=shared)).data}
    told = await client.enrollments.cancel(enrolled.id)
    assert (told.enrollment_id, told.status) == (enrolled.id, "cancelled")
    await until(lambda: client.dispatch(f"e/{enrolled.code}", data="late"), refused)


@covers("Service.enroll", "Enrollment.refresh", "Enrollment.cancel")
async def an_enrollment_by_itself(client: Driven, world: World) -> None:
    forecast = await client.services.get(world.service(FORECAST))
    with pytest.raises(ValidationError):
        await forecast.enroll(parameters={"city": "7"})
    asked = await forecast.enroll(parameters={"city": "Bergen", "days": 2})
    enrolled = await until(asked.refresh, lambda found: found.status != "pending")
    assert (enrolled.status, enrolled.parameters.to_dict()["city"]) == ("active", "Bergen")
    told = (await until(lambda: client.dispatch(f"e/{enrolled.code}", method="GET"), answered)).json()
    assert (told["city"], len(told["days"])) == ("Bergen", 2)
    assert enrolled.id in {each.id for each in (await client.enrollments.list(shared=False)).data}
    assert (await enrolled.cancel()).status == "cancelled"
    assert (await enrolled.refresh(include_service_details=False)).status == "cancelled"
