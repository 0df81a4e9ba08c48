"""Every filter by a table of rows; searches that end in time; what a team may not see any more."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from gateway_admin.request_logs import filters, ids, queries, searching, services
from gateway_admin.request_logs.models import Mode, RequestLog
from tests.factories.request_logs import attempt, call, take_attempts, take_calls

pytestmark = pytest.mark.django_db
OTHER, KEY, ENROLLMENT = (f"00000000-0000-4000-8000-00000000000{n}" for n in "123")


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def rows(buyer, outsider, now) -> dict[str, UUID]:
    """One row for each word, a minute apart, the first the oldest; and one of somebody else's."""

    def at(place: int):
        return now - timedelta(minutes=60 - place)

    made = {
        "plain": attempt(buyer.pk, at(0)),
        "slow": attempt(buyer.pk, at(1), latency_ms=9000),
        "other": attempt(buyer.pk, at(2), service_id=OTHER, enrollment_id=ENROLLMENT, path="/e/ABCD/x"),
        "keyed": attempt(buyer.pk, at(3), api_key_id=KEY, session="s-1"),
        "upstream": attempt(buyer.pk, at(4), status=503),
        "scheduled": attempt(buyer.pk, at(5), origin="schedule", origin_id=str(uuid4())),
    }
    told = {
        "alias": call(buyer.pk, at(6), alias="a/llm", path="/a/llm/chat"),
        "money": call(buyer.pk, at(7), status=402, error_source="money", error_type="insufficient_funds"),
        "limit": call(buyer.pk, at(8), status=429, error_source="limit", error_type="rate_limited"),
        "client": call(buyer.pk, at(9), status=404, error_source="client", error_type="service_not_found"),
    }
    part = attempt(buyer.pk, at(10), role="chain", parent_id=told["alias"]["id"])
    take_attempts(*made.values(), part, attempt(outsider.pk, at(11)))
    take_calls(*told.values())
    return {word: UUID(each.get("event_id") or each["id"]) for word, each in {**made, **told, "part": part}.items()}


def found(buyer, now, rows, **asked) -> list[str]:
    words = {pk: word for word, pk in rows.items()}
    page = queries.page(team=buyer, wanted=filters.made(asked, now=now), now=now)
    return [words[row.pk] for row in page.rows]


class TestFilters:
    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ({}, "part client limit money alias scheduled upstream keyed other slow plain"),
            ({"service_id": UUID(OTHER)}, "other"),
            ({"service_enrollment_id": UUID(ENROLLMENT)}, "other"),
            ({"api_key_id": UUID(KEY)}, "keyed"),
            ({"session": "s-1"}, "keyed"),
            ({"alias": "a/llm"}, "alias"),
            ({"status": "4xx"}, "client limit money"),
            ({"status_min": 500}, "upstream"),
            ({"status_min": 403, "status_max": 428}, "client"),
            ({"user_request_path": "/e/"}, "other"),
            ({"text": "LLM/"}, "alias"),
            ({"text": "%"}, ""),
            ({"min_latency_ms": 5000}, "slow"),
            ({"errors_only": True}, "client limit money upstream"),
            ({"error_source": "upstream"}, "upstream"),
            ({"error_source": "gateway"}, "client limit money"),
            ({"error_source": "money"}, "money"),
            ({"error_type": "rate_limited"}, "limit"),
            ({"gateway_source": "backend"}, "scheduled"),
            ({"calls_only": True, "status": "2xx"}, "alias scheduled keyed other slow plain"),
            ({"service_id": UUID(OTHER), "errors_only": True}, ""),
        ],
    )
    def test_find_what_they_say(self, buyer, now, rows, asked, words):
        assert found(buyer, now, rows, **asked) == words.split()

    def test_by_request_id_find_a_call_with_its_parts_at_any_time(self, buyer, now, rows):
        assert found(buyer, now, rows, request_id=rows["alias"], start_time=now) == ["part", "alias"]

    def test_by_time_count_both_ends(self, buyer, now, rows):
        moment = ids.moment(rows["keyed"])
        assert found(buyer, now, rows, start_time=moment, end_time=moment) == ["keyed"]


class TestPages:
    def test_follow_each_other_without_a_gap(self, buyer, now, rows):
        wanted, before, seen = filters.made({}, now=now), None, []
        while True:
            page = queries.page(team=buyer, wanted=wanted, now=now, before=before, limit=3)
            seen += [row.pk for row in page.rows]
            if page.next_id is None:
                break
            before = page.next_id
        assert seen == sorted(rows.values(), reverse=True)

    def test_look_at_so_many_rows_and_say_how_far_they_got(self, buyer, now, rows, monkeypatch):
        monkeypatch.setattr(searching, "BUDGET", 4)
        monkeypatch.setattr(queries, "_EXPORT_ROWS", 3)
        wanted = filters.made({"min_latency_ms": 5000}, now=now)
        first = queries.page(team=buyer, wanted=wanted, now=now, limit=3)
        assert (list(first.rows), first.looked_back_to) == ([], ids.moment(rows["money"]))
        second = queries.page(team=buyer, wanted=wanted, now=now, before=first.next_id, limit=3)
        third = queries.page(team=buyer, wanted=wanted, now=now, before=second.next_id, limit=3)
        assert [row.pk for row in (*second.rows, *third.rows)] == [rows["slow"]]
        assert queries.count(team=buyer, wanted=wanted, now=now) == queries.Count(0, is_exact=False)
        assert [row.pk for row in queries.every(team=buyer, wanted=wanted, now=now)] == [rows["slow"]]

    def test_end_where_the_team_keeps_no_more(self, buyer, now, rows):
        services.choose(team=buyer, mode=Mode.NONE, keep_days=1, keep_bodies_days=1, by=None, now=now)
        tomorrow = now + timedelta(hours=23, minutes=4, seconds=30)
        wanted = filters.made({"start_time": now - timedelta(days=5)}, now=tomorrow)
        page = queries.page(team=buyer, wanted=wanted, now=tomorrow)
        words = ("part", "client", "limit", "money", "alias", "scheduled")
        assert [row.pk for row in page.rows] == [rows[word] for word in words]


class TestHistogram:
    def test_counts_every_row_once(self, buyer, now, rows):
        bars = queries.histogram(team=buyer, wanted=filters.made({}, now=now), now=now, bars=24)
        sums = (sum(bar.answered for bar in bars), sum(bar.refused for bar in bars), sum(bar.failed for bar in bars))
        assert sums == (7, 3, 1)
        assert [bar.total for bar in bars[:-1]].count(0) >= 22


class TestSellers:
    def test_see_kinds_and_numbers_and_nobody(self, buyer, now, rows):
        seen = queries.failures(
            service_ids=[RequestLog.objects.get(pk=rows["upstream"]).service_id], since=now - timedelta(1)
        )
        assert [(each.error_type, each.count) for each in seen] == [("status_503", 1)]
        assert not {"team_id", "path", "session"} & set(queries.Failures.__dataclass_fields__)
