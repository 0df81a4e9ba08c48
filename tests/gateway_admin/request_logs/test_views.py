"""Pages of the log: one request a page, filters in the address, forms that work without scripts."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.utils import timezone

from accounts.teams.models import Membership, Role
from billing.rating import services as rating
from gateway_admin.api_keys import services as api_keys
from gateway_admin.publishing.models import PublishedRecord
from gateway_admin.request_logs.models import Forgetting, KeptBodies, Mode
from gateway_admin.schedules.models import Schedule
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import price_version, ship, usage_event
from tests.factories.request_logs import attempt, call, kept, take_attempts, take_calls
from tests.factories.visitors import visitor

pytestmark = pytest.mark.django_db
#: What calls itself JSON.
UNREADABLE = [b"[" * 4000 + b"]" * 4000, b'{"a":' * 300 + b"1" + b"}" * 300, b'{"a": "\\ud800"}', b'{"a": NaN}']


@pytest.fixture
def page(buyer):
    return visitor(buyer)


@pytest.fixture
def logged(buyer):
    record = call(buyer.pk, timezone.now(), path="/l/p/acme/chat", kept=kept(), log="truncated")
    take_attempts(attempt(buyer.pk, timezone.now(), event_id=record["id"], path="/l/p/acme/chat"))
    return take_calls(record)[0]


class TestList:
    def test_shows_calls_with_what_they_cost(self, page, buyer):
        (pk,) = take_attempts(attempt(buyer.pk, timezone.now(), path="/p/acme/first"))
        ship(usage_event(buyer.wallets.get(), price_version(), event_id=pk))
        rating.settle(limit=10)
        told = page.get("/request-logs").content.decode()
        assert "/p/acme/first" in told
        assert "1.00 USD" in told

    def test_asks_as_often_for_fifty_rows_as_for_one(self, page, buyer, django_assert_max_num_queries):
        for count in (1, 60):
            take_attempts(*(attempt(buyer.pk, timezone.now()) for _ in range(count)))
            with django_assert_max_num_queries(12):
                assert page.get("/request-logs").status_code == 200

    def test_carries_the_filters_on_to_older_rows_and_to_files(self, page, buyer):
        take_attempts(*(attempt(buyer.pk, timezone.now(), status=500) for _ in range(51)))
        told = page.get("/request-logs?errors_only=on&text=acme").content.decode()
        assert "/request-logs/export/csv?errors_only=on&amp;text=acme" in told
        assert "/request-logs?errors_only=on&amp;text=acme&amp;before=" in told

    def test_refuses_a_filter_that_is_none_and_says_which(self, page):
        answer = page.get("/request-logs?request_id=nonsense")
        assert answer.status_code == 422
        assert "Enter a valid UUID" in answer.content.decode()

    @pytest.mark.parametrize("moment", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
    @pytest.mark.parametrize("end", ["start_time", "end_time"])
    def test_knows_every_time_there_is(self, page, logged, moment, end):
        for address in ("/request-logs", "/request-logs/export/csv", "/request-logs/tail"):
            assert page.get(address, {end: moment}).status_code == 200

    def test_tells_of_one_schedule_as_it_goes_on(self, page, buyer):
        schedule = Schedule.objects.create(team=buyer, path="p/x", kind="delayed", schedule={"schedule_type": "once"})
        take_attempts(attempt(buyer.pk, timezone.now()))
        asked = {"recurrent_request_id": str(schedule.pk)}
        told = page.get("/request-logs/tail", asked, headers={"Last-Event-ID": str(UUID(int=0))})
        assert "event: row" not in told.content.decode()

    def test_is_empty_with_one_thing_to_do(self, page):
        told = page.get("/request-logs").content.decode()
        assert "No calls in the last 24 hours" in told
        assert "/keys" in told

    def test_gives_htmx_the_rows_alone(self, page, logged):
        told = page.get("/request-logs", headers={"HX-Request": "true"}).content.decode()
        assert told.strip().startswith('<div id="log-result">')

    def test_shows_sellers_how_their_services_fail_and_nothing_of_customers(self, buyer):
        seller = TeamFactory(seller=True)
        take_attempts(attempt(buyer.pk, timezone.now(), status=503, path="/p/private"))
        told = visitor(seller).get("/request-logs").content.decode()
        assert "No failures" in told
        assert "/p/private" not in told


class TestDetail:
    def test_shows_headers_bodies_and_the_command(self, page, logged):
        told = page.get(f"/request-logs/{logged}").content.decode()
        assert "&quot;answer&quot;" in told or "answer" in told
        assert "content-type" in told
        assert "Bearer $UNITYSVC_API_KEY" in told

    def test_keeps_bodies_from_members_who_may_not_call(self, buyer, logged):
        viewer = UserFactory()
        Membership.objects.create(team=buyer, user=viewer, role=Role.VIEWER)
        client = visitor(buyer)
        client.force_login(viewer)
        client.post("/teams/switch", {"team": str(buyer.pk)})
        told = client.get(f"/request-logs/{logged}").content.decode()
        assert "Your role may not read them" in told
        assert "question" not in told
        assert client.post(f"/request-logs/{logged}/forget").status_code == 403

    def test_tells_the_attempts_of_a_call(self, page, buyer):
        first = attempt(buyer.pk, timezone.now(), status=500)
        second = attempt(buyer.pk, timezone.now(), role="failover", parent_id=first["event_id"])
        take_attempts(first, second)
        take_calls(call(buyer.pk, timezone.now(), id=first["event_id"], stages={"failed": "acme 500"}))
        told = page.get(f"/request-logs/{first['event_id']}").content.decode()
        assert "failed before: acme 500" in told
        assert f"/request-logs/{second['event_id']}" in told

    def test_adds_up_what_the_attempts_cost(self, page, buyer):
        first = attempt(buyer.pk, timezone.now(), status=500)
        second = attempt(buyer.pk, timezone.now(), role="failover", parent_id=first["event_id"])
        take_attempts(first, second)
        take_calls(call(buyer.pk, timezone.now(), id=first["event_id"]))
        wallet, price = buyer.wallets.get(), price_version()
        for each in (first, second):
            ship(usage_event(wallet, price, event_id=each["event_id"]))
        rating.settle(limit=10)

        told = page.get(f"/request-logs/{first['event_id']}").content.decode()

        together = told.partition("All attempts together")[2].partition("</tr>")[0]
        assert ">2.00 USD<" in together
        assert told.count(">1.00 USD<") == 3  # the call's own, and each attempt's

    def test_escapes_what_others_wrote(self, page, buyer):
        hostile = kept(b"<script>alert(1)</script>", b"<img src=x onerror=alert(2)>", response_headers={"x": "<b>"})
        (pk,) = take_calls(call(buyer.pk, timezone.now(), path="/p/<i>", kept=hostile))
        told = page.get(f"/request-logs/{pk}").content.decode()
        assert not any(each in told for each in ("<script>alert", "<img src=x", "<b>", "/p/<i>"))

    @pytest.mark.parametrize("body", UNREADABLE)
    def test_shows_json_that_nobody_could_write_again_as_it_came(self, page, client, buyer, body):
        (pk,) = take_calls(call(buyer.pk, timezone.now(), kept=kept(body, body)))
        _, key = api_keys.issue(team=buyer, role=Role.OWNER, name="ci", by=None, now=timezone.now())
        told = client.get(f"/v1/request-logs/{pk}", headers={"Authorization": f"Bearer {key}"})

        assert page.get(f"/request-logs/{pk}").status_code == 200
        assert page.get(f"/playground?log={pk}").status_code == 200
        assert told.json()["upstream_response"]["body"] == body.decode()

    def test_forgets_and_says_so(self, page, logged, buyer):
        answer = page.post(f"/request-logs/{logged}/forget", follow=True)
        assert "They were removed on" in answer.content.decode()
        assert not KeptBodies.objects.exists()
        assert Forgetting.objects.get().by == Membership.objects.get(team=buyer).user


class TestSettings:
    def test_are_saved_and_published(self, page, buyer):
        answer = page.post("/request-logs/settings", {"mode": "complete", "keep_days": "10", "keep_bodies_days": ""})
        assert answer.status_code == 302
        assert (buyer.log_setting.mode, buyer.log_setting.keep_days) == (Mode.COMPLETE, 10)
        published = PublishedRecord.objects.get(kind="customer", key=str(buyer.pk))
        assert published.body["request_log"] == "complete"

    def test_give_no_more_days_than_the_plan(self, page):
        answer = page.post("/request-logs/settings", {"mode": "none", "keep_days": "31"})
        assert answer.status_code == 422
        assert "less than or equal to 30" in answer.content.decode()
