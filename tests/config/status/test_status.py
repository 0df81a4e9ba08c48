from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from common.caches import of_process
from config.status import checks
from config.status.words import Word, of_lag, two_digits
from marketplace.catalog.models import Service, Visibility
from tests.factories.marketplace import make_service
from tests.factories.request_logs import attempt, take_attempts

pytestmark = pytest.mark.django_db
CUSTOMERS = [uuid4() for _ in range(3)]


@pytest.fixture(autouse=True)
def platform(monkeypatch):
    """The engines' answers, and nothing measured yet."""
    of_process.clear()
    monkeypatch.setattr(checks, "gateway_answers", lambda: True)
    monkeypatch.setattr(checks, "redis_answers", lambda: True)
    yield
    of_process.clear()


def called(service, *, failed=0, answered=0, ago=timedelta(minutes=5), customers=CUSTOMERS, **facts) -> None:
    """Have the customers call a service by turns."""
    at = timezone.now() - ago
    bad = {"status": 503, **facts}
    take_attempts(
        *(
            attempt(customers[i % len(customers)], at, service_id=str(service.pk), **(bad if i < failed else {}))
            for i in range(failed + answered)
        )
    )


def told(client) -> dict[str, object]:
    [service] = client.get("/status.json").json()["services"]
    return service


class TestServices:
    @pytest.mark.parametrize(
        ("failed", "answered", "word", "percent"),
        [(0, 20, "operational", 0), (1, 30, "operational", 3), (2, 28, "degraded", 7), (15, 15, "down", 50)],
    )
    def test_are_told_by_the_share_of_attempts_that_failed(self, client, failed, answered, word, percent):
        called(make_service(), failed=failed, answered=answered)

        seen = {"status": word, "failed_percent": percent, "p50_ms": 100}
        assert {name: told(client)[name] for name in ("status", "last_hour", "last_day")} == {
            "status": word,
            "last_hour": seen,
            "last_day": seen,
        }

    @pytest.mark.parametrize(("status", "percent"), [(400, 0), (404, 0), (429, 50), (408, 50), (500, 50)])
    def test_are_not_blamed_for_what_clients_asked_wrongly(self, client, status, percent):
        called(make_service(), failed=10, answered=10, status=status)

        assert told(client)["last_hour"]["failed_percent"] == percent

    def test_have_no_data_with_too_few_calls(self, client):
        called(make_service(), failed=19)

        assert told(client)["last_hour"] == {"status": "no_data", "failed_percent": None, "p50_ms": None}

    def test_have_no_data_where_it_would_be_about_two_customers(self, client):
        called(make_service(), failed=200, customers=CUSTOMERS[:2])

        assert told(client)["status"] == "no_data"

    def test_are_told_by_the_day_when_the_hour_was_quiet(self, client):
        service = make_service()
        called(service, answered=30, ago=timedelta(hours=3))
        called(service, failed=90, ago=timedelta(hours=25))

        assert told(client)["status"] == "operational"
        assert told(client)["last_hour"]["status"] == "no_data"
        assert told(client)["last_day"]["failed_percent"] == 0

    def test_tell_no_number_of_calls(self, client):
        called(make_service(), failed=3, answered=214)

        text = client.get("/status.json").content.decode() + client.get("/status").content.decode()
        assert "217" not in text
        assert "214" not in text

    def test_are_those_on_the_market_alone(self, client):
        called(make_service(status="draft"), failed=30)
        private = make_service()
        Service.objects.filter(pk=private.pk).update(visibility=Visibility.PRIVATE)
        called(private, failed=30)

        assert client.get("/status.json").json()["services"] == []
        assert "No services to show" in client.get("/status").content.decode()


class TestParts:
    def test_say_each_how_they_do(self, client, monkeypatch):
        monkeypatch.setattr(checks, "redis_answers", lambda: False)

        answer = client.get("/status.json").json()

        assert {part["name"]: part["status"] for part in answer["parts"]} == {
            "gateway": "operational",
            "database": "operational",
            "redis": "down",
            "settlement": "operational",
        }
        assert answer["status"] == "down"

    @pytest.mark.parametrize(
        ("seconds", "word"),
        [(0, Word.OPERATIONAL), (29.9, Word.OPERATIONAL), (30, Word.DEGRADED), (600, Word.DOWN)],
    )
    def test_tell_how_late_the_settlement_is(self, seconds, word):
        assert of_lag(seconds) is word

    @pytest.mark.parametrize(("number", "told"), [(1234.5, 1200), (98.7, 99), (7.2, 7), (0, 0)])
    def test_round_times(self, number, told):
        assert two_digits(number) == told


class TestPage:
    def test_measures_once_in_fifteen_seconds(self, client, django_assert_num_queries):
        for name in ("one", "two", "three"):
            make_service(name=name)
        with django_assert_num_queries(3):
            client.get("/status")
        with django_assert_num_queries(0):
            client.get("/status")
            client.get("/status.json")

    def test_says_a_word_and_puts_trouble_first(self, client):
        make_service(name="calm", listing={"display_name": "Calm"})
        called(make_service(name="sick", listing={"display_name": "Sick"}), failed=30)

        page = client.get("/status").content.decode()

        assert page.index("Sick") < page.index("Calm")
        assert "100 % failed" in page
        assert "Down" in page
        assert "No data" in page
