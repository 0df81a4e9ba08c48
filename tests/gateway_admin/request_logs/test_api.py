"""The log over JSON: to the letter of the published client, and for nobody else."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from accounts.teams.models import Role
from billing.rating import services as rating
from gateway_admin.api_keys import services as api_keys
from gateway_admin.request_logs import services, tailing
from gateway_admin.request_logs.models import BodyPart, Forgetting, KeptBodies, Mode, RequestLog
from gateway_admin.schedules.models import Run, RunState, Schedule
from tests.factories.billing import price_version, ship, usage_event
from tests.factories.request_logs import attempt, call, kept, part, take_attempts, take_calls

pytestmark = pytest.mark.django_db


@pytest.fixture
def logged(buyer) -> UUID:
    """A call with bodies."""
    record = call(buyer.pk, timezone.now(), path="/l/p/acme/chat", kept=kept(), log="truncated")
    take_attempts(attempt(buyer.pk, timezone.now(), event_id=record["id"], path="/l/p/acme/chat"))
    return take_calls(record)[0]


class TestList:
    def test_has_every_field_of_the_contract(self, api, logged, buyer):
        page = api("/request-logs").json()
        assert {name: page[name] for name in ("total_count", "skip", "limit")} == {
            "total_count": 1,
            "skip": 0,
            "limit": 50,
        }
        (item,) = page["items"]
        assert item["log_id"] == item["event_id"] == str(logged)
        assert datetime.fromisoformat(item["event_timestamp"]).tzinfo == UTC
        assert (
            item
            | {
                "gateway_source": "apisix",
                "customer_id": str(buyer.pk),
                "user_request_method": "POST",
                "user_request_path": "/l/p/acme/chat",
                "upstream_response_status_code": 200,
                "upstream_response_time_ms": 100.25,
                "error_source": None,
                "error_type": None,
                "recurrent_request_id": None,
            }
            == item
        )

    def test_tells_the_cost_once_it_is_settled(self, api, buyer):
        wallet = buyer.wallets.get()
        (pk,) = take_attempts(attempt(buyer.pk, timezone.now()))
        ship(usage_event(wallet, price_version(), event_id=pk))
        rating.settle(limit=10)
        costs = {item["log_id"]: item["cost"] for item in api("/request-logs").json()["items"]}
        assert costs[str(pk)] == {"amount": "1.000000000000", "currency": "USD"}

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "status_min=99", "error_source=nobody", "start_time=x"])
    def test_refuses_what_is_no_filter(self, api, query):
        answer = api(f"/request-logs?{query}")
        assert answer.status_code == 422
        assert isinstance(answer.json()["detail"], list)

    def test_shows_a_window_of_a_day_and_what_is_asked_for_beyond_it(self, api, buyer):
        take_attempts(attempt(buyer.pk, timezone.now() - timedelta(hours=30)))
        assert api("/request-logs").json()["items"] == []
        assert len(api("/request-logs?start_time=2020-01-01T00:00:00").json()["items"]) == 1

    def test_is_of_the_keys_account_alone(self, client, logged, outsider):
        _, raw = api_keys.issue(team=outsider, role=Role.OWNER, name="x", by=None, now=timezone.now())
        headers = {"authorization": f"Bearer {raw}"}
        assert client.get("/v1/request-logs", headers=headers).json()["items"] == []
        for path in ("", "/bodies"):
            method = client.delete if path else client.get
            assert method(f"/v1/request-logs/{logged}{path}", headers=headers).status_code == 404

    def test_names_the_schedule_of_a_run_and_finds_its_runs(self, api, buyer):
        schedule = Schedule.objects.create(team=buyer, path="p/x", kind="delayed", schedule={"schedule_type": "once"})
        now = timezone.now()
        run = Run.objects.create(
            schedule=schedule, team=buyer, id=uuid4(), due_at=now, not_before=now, state=RunState.PENDING
        )
        take_attempts(attempt(buyer.pk, now), attempt(buyer.pk, now, origin="schedule", origin_id=str(run.id)))
        (item,) = api(f"/request-logs?recurrent_request_id={schedule.pk}").json()["items"]
        assert (item["recurrent_request_id"], item["gateway_source"]) == (str(schedule.pk), "backend")
        assert api(f"/request-logs?recurrent_request_id={uuid4()}").json()["items"] == []
        told = api(f"/request-logs/tail?recurrent_request_id={schedule.pk}", HTTP_LAST_EVENT_ID=str(UUID(int=0)))
        assert told.content.decode().count("event: row") == 1

    @pytest.mark.parametrize(
        ("moment", "status"),
        [
            ("0001-01-01T00:00:00Z", 200),
            ("9999-12-31T23:59:59.999999Z", 200),
            ("0001-01-01T00:00:00+14:00", 422),
            ("9999-12-31T23:59:59.999999-14:00", 422),
        ],
    )
    @pytest.mark.parametrize("end", ["start_time", "end_time"])
    def test_knows_every_time_there_is(self, api, logged, moment, status, end):
        for address in ("/request-logs", "/request-logs/export", "/request-logs/tail"):
            assert api(f"{address}?{urlencode({end: moment})}").status_code == status


class TestDetail:
    def test_has_what_was_sent_and_what_came_back(self, api, logged, buyer):
        detail = api(f"/request-logs/{logged}").json()
        assert detail["user_request"]["body"] == {"question": "?"}
        assert detail["user_request"]["path"] == "/l/p/acme/chat?limit=3"
        assert detail["user_request"]["content_type"] == "application/json"
        assert (detail["upstream_response"]["status_code"], detail["upstream_response"]["body"]) == (
            200,
            {"answer": 42},
        )
        assert detail["usage_event"] == {
            "usage_metrics": {"output_tokens": 7},
            "customer_charge": None,
            "pricing_bundle_id": None,
        }
        assert (detail["customer_id"], detail["user_id"], detail["error"]) == (str(buyer.pk), "", None)
        assert "gateway_request" not in detail

    def test_gives_bodies_to_no_role_that_may_not_call(self, client, logged, buyer):
        _, raw = api_keys.issue(team=buyer, role=Role.VIEWER, name="v", by=None, now=timezone.now())
        detail = client.get(f"/v1/request-logs/{logged}", headers={"authorization": f"Bearer {raw}"}).json()
        assert (detail["user_request"]["body"], detail["user_request"]["headers"]) == (None, None)

    def test_reads_a_large_body_before_and_after_it_is_put_together(self, api, buyer):
        body = bytes(range(256)) * 300
        sides = kept()
        sides["response"] |= {"bytes": "", "parts": 2, "size": len(body)}
        sides["response_headers"] = {"content-type": "text/plain"}
        record = call(buyer.pk, timezone.now(), kept=sides, log="complete")
        (pk,) = take_calls(record, part(record["id"], "response", 0, body[:45_000]))
        assert services.store_bodies(now=timezone.now()) == 0
        take_calls(part(record["id"], "response", 1, body[45_000:]))
        before = api(f"/request-logs/{pk}").json()["upstream_response"]
        assert services.store_bodies(now=timezone.now()) == 1
        after = api(f"/request-logs/{pk}").json()["upstream_response"]
        assert before == after
        assert (after["body_bytes"], BodyPart.objects.count()) == (len(body), 0)
        assert KeptBodies.objects.get(pk=pk).response_object.startswith(f"request-logs/{buyer.pk}/")
        assert services.store_bodies(now=timezone.now()) == 0


class TestForgetting:
    def test_removes_bodies_and_keeps_row_and_money(self, api, logged, buyer):
        detail = api(f"/request-logs/{logged}/bodies", "delete").json()
        assert (detail["user_request"]["body"], detail["user_request"]["headers"]) == (None, None)
        assert (detail["status"], detail["usage"]) == (200, {"output_tokens": 7})
        assert detail["forgotten_at"] is not None
        assert not KeptBodies.objects.exists()
        noted = Forgetting.objects.get()
        assert (noted.team, noted.log_id, noted.through) == (buyer, logged, "API key ci")
        assert api(f"/request-logs/{logged}/bodies", "delete").json()["code"] == "already_forgotten"

    def test_is_not_for_viewers(self, client, logged, buyer):
        _, raw = api_keys.issue(team=buyer, role=Role.VIEWER, name="v", by=None, now=timezone.now())
        answer = client.delete(f"/v1/request-logs/{logged}/bodies", headers={"authorization": f"Bearer {raw}"})
        assert answer.status_code == 403
        assert KeptBodies.objects.exists()


class TestSwitch:
    @pytest.mark.parametrize(("query", "mode"), [("", Mode.TRUNCATED), ("?truncate_long_message=false", Mode.COMPLETE)])
    def test_starts_and_stops(self, api, buyer, query, mode):
        assert api(f"/request-logs/start{query}", "post").json() == {"enabled": True}
        assert buyer.log_setting.mode == mode
        assert api("/request-logs/start", "post").json() == {"enabled": True}
        buyer.log_setting.refresh_from_db()
        assert buyer.log_setting.mode == mode
        assert api("/request-logs/stop", "post").json() == {"enabled": False}
        buyer.log_setting.refresh_from_db()
        assert buyer.log_setting.mode == Mode.NONE


class TestExport:
    def test_is_exactly_what_the_filter_finds(self, api, buyer, monkeypatch):
        now = timezone.now()
        take_attempts(*(attempt(buyer.pk, now, status=500 if n % 3 else 200, path=f"/p/x/{n}") for n in range(25)))
        monkeypatch.setattr("gateway_admin.request_logs.queries._EXPORT_ROWS", 4)
        wanted = sorted(RequestLog.objects.exclude(error_source="").values_list("pk", flat=True), reverse=True)
        table = list(csv.DictReader(io.StringIO(sent(api("/request-logs/export?errors_only=true")))))
        told = [
            json.loads(line) for line in sent(api("/request-logs/export?errors_only=true&format=jsonl")).splitlines()
        ]
        assert [row["log_id"] for row in table] == [row["log_id"] for row in told] == [str(pk) for pk in wanted]

    @pytest.mark.parametrize("name", ["text", "session", "alias", "user_request_path", "error_type"])
    def test_is_not_begun_for_what_no_row_can_have(self, api, logged, name):
        assert api(f"/request-logs/export?{name}=%00").json()["code"] == "invalid"

    def test_writes_no_formula_into_a_table(self, api, buyer):
        take_calls(call(buyer.pk, timezone.now(), session="=HYPERLINK(1)"))
        (row,) = csv.DictReader(io.StringIO(sent(api("/request-logs/export"))))
        assert row["session"] == "'=HYPERLINK(1)"


class TestTail:
    async def test_tells_each_new_row_once_and_ends_with_the_right_to_read(self):
        rows = [RequestLog(id=UUID(int=n)) for n in range(1, 5)]
        looks = iter([rows[:1], rows[:1], [rows[2], rows[1], rows[0]], [rows[3], rows[1]], []])
        rights, time = iter([True, False]), iter(range(0, 1000, 4))
        tail = tailing.Tail(
            lambda: next(looks, []),
            lambda: next(rights),
            lambda found: [f"row {row.pk.int}\nline" for row in found],
            pause=nothing,
            clock=lambda: next(time),
        )
        told = "".join([event async for event in tail.events()])
        assert [line for line in told.splitlines() if line.startswith("data: row")] == [
            "data: row 2",
            "data: row 3",
            "data: row 4",
        ]
        assert told.endswith("event: end\ndata: ended\n\n")
        assert tailing._open == 0

    def test_is_refused_when_there_are_too_many(self, api, monkeypatch):
        monkeypatch.setattr(tailing, "_open", tailing.MOST_TAILS)
        assert api("/request-logs/tail").json()["code"] == "too_many_tails"


async def nothing(_seconds: float) -> None:
    return None


def sent(response) -> str:
    return b"".join(response.streaming_content).decode()
