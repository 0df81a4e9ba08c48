"""The form of scheduled requests: what is there stays as it is, and no time of any year ends in a page of ours."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.teams.models import Role, Team
from gateway_admin.api_keys import services as api_keys
from gateway_admin.schedules.models import Schedule
from tests.factories.visitors import visitor
from tests.gateway_admin.schedules.conftest import past

ONCE = {"method": "POST", "cadence": "once", "timezone": "UTC", "match": "contains"}
#: Times that are in no year of UTC's.
OUT_OF_REACH = [("9999-12-31T23:59", "America/New_York", "-05:00"), ("0001-01-01T00:00", "Asia/Tokyo", "+09:00")]


def saved_as_it_is(client: Client, schedule: Schedule, **changes: str) -> Schedule:
    """Open the form of a schedule and save it, with these changes."""
    address = f"/schedules/{schedule.pk}/edit"
    form = client.get(address).context["form"]
    shown: dict[str, Any] = {name: form[name].value() for name in form.fields}
    answer = client.post(address, {name: "" if value is None else value for name, value in shown.items()} | changes)
    assert answer.status_code == 302, answer.context["form"].errors
    schedule.refresh_from_db()
    return schedule


class TestEdit:
    def test_keeps_a_body_that_the_form_cannot_show(self, make_schedule, customer):
        made = make_schedule()
        Schedule.objects.filter(pk=made.pk).update(body=b"raw \xff", body_template=None)

        saved = saved_as_it_is(visitor(customer), made, name="renamed")

        assert (saved.name, bytes(saved.body), saved.body_template) == ("renamed", b"raw \xff", None)

    def test_replaces_such_a_body_by_one_that_is_written(self, make_schedule, customer):
        made = make_schedule()
        Schedule.objects.filter(pk=made.pk).update(body=b"raw")

        saved = saved_as_it_is(visitor(customer), made, body='{"a": 1}')

        assert (bytes(saved.body), saved.body_template) == (b"", {"a": 1})

    @pytest.mark.parametrize("seconds", [60, 90, 600, 3601, 7200, 86_401, 604_799, 604_800])
    def test_keeps_an_interval_to_the_second(self, make_schedule, customer, seconds):
        made = make_schedule(schedule={"schedule_type": "interval", "interval_seconds": seconds})

        assert saved_as_it_is(visitor(customer), made).schedule["interval_seconds"] == seconds

    def test_keeps_how_far_it_makes_up_to_the_second(self, make_schedule, customer):
        made = make_schedule(catch_up="all", catch_up_seconds=90)
        client = visitor(customer)

        assert saved_as_it_is(client, made).catch_up_seconds == 90
        assert saved_as_it_is(client, made, catch_up_minutes="5").catch_up_seconds == 300


@pytest.mark.parametrize(("at", "zone", "offset"), OUT_OF_REACH)
class TestATimeOutOfReach:
    def test_is_refused_by_the_form(self, make_schedule, customer, at, zone, offset):
        form = ONCE | {"path": make_schedule().path, "at": at, "timezone": zone}

        for address, status in (("/schedules/new", 422), ("/schedules/preview", 200)):
            answer = visitor(customer).post(address, form)
            assert answer.status_code == status
        assert "out of reach" in visitor(customer).post("/schedules/new", form).content.decode()

    def test_is_refused_by_the_api(self, make_schedule, customer: Team, client, at, zone, offset):
        _, key = api_keys.issue(team=customer, role=Role.OWNER, name="ci", by=None, now=past(1))
        body = {"request_path": make_schedule().path, "at": f"{at}:00{offset}"}

        answer = client.post(
            "/v1/delayed-requests/", body, content_type="application/json", headers={"Authorization": f"Bearer {key}"}
        )

        assert answer.status_code == 422
