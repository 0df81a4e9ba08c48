"""Rate limits of the APIs: a caller gets what the settings allow, in real Redis."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.test import Client

from accounts.teams.models import Role
from common.apis import limits
from gateway_admin.api_keys import services as api_keys
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON

pytestmark = pytest.mark.django_db


def program() -> Client:
    _, text = api_keys.issue(team=TeamFactory(), role=Role.OWNER, name="program", by=None, now=NOON)
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.fixture
def somewhere() -> str:
    """An address that nobody has asked from."""
    return f"2001:db8::{uuid4().hex[:4]}:{uuid4().hex[:4]}"


class TestCounter:
    def test_lets_as_many_through_as_the_limit_and_tells_when_to_come_back(self, settings):
        caller, count = uuid4().hex, limits.counter(settings.REDIS_URL).count

        verdicts = [count(caller, 3) for _ in range(5)]

        assert [each.is_allowed for each in verdicts] == [True, True, True, False, False]
        assert [each.remaining for each in verdicts] == [2, 1, 0, 0, 0]
        assert [each.reset_seconds for each in verdicts[:3]] == [20, 40, 60]  # one comes back every 20 seconds
        assert verdicts[3].headers["Retry-After"] == "20"
        assert "Retry-After" not in verdicts[2].headers

    def test_lets_no_more_through_when_all_come_at_once(self, settings, monkeypatch):
        monkeypatch.setattr(limits, "PERIOD_SECONDS", 86_400)  # nothing comes back meanwhile
        caller, count = uuid4().hex, limits.counter(settings.REDIS_URL).count

        with ThreadPoolExecutor(8) as pool:
            verdicts = list(pool.map(lambda _: count(caller, 20), range(60)))

        assert sum(each.is_allowed for each in verdicts) == 20

    def test_counts_callers_apart(self, settings):
        count = limits.counter(settings.REDIS_URL).count

        assert count(uuid4().hex, 1).is_allowed
        assert count(uuid4().hex, 1).is_allowed

    def test_lets_everybody_in_while_redis_is_gone_and_does_not_wait_for_it_each_time(self, caplog):
        gone = limits.Counter("redis://127.0.0.1:1/0")

        assert [gone.count("somebody", 1) for _ in range(3)] == [None, None, None]
        assert [record.message for record in caplog.records] == ["api.limits_unavailable"]

    def test_keeps_no_key_in_redis(self):
        assert "svcpass" not in limits.of_key("svcpass_secret")


class TestTheApis:
    def test_limit_each_key_and_say_so(self, settings):
        settings.API_REQUESTS_PER_KEY = 2
        one, other = program(), program()

        answers = [one.get("/v1/secrets/") for _ in range(3)]

        assert [each.status_code for each in answers] == [200, 200, 429]
        assert [each.headers["RateLimit-Remaining"] for each in answers] == ["1", "0", "0"]
        assert answers[2].headers["RateLimit-Limit"] == "2"
        assert answers[2].headers["Retry-After"] == "30"
        told = answers[2].json()
        assert told["code"] == "too_many_requests"
        assert "Retry-After" in told["detail"]
        assert told["request_id"] == answers[2].headers["X-Request-Id"]
        assert other.get("/v1/secrets/").status_code == 200

    def test_limit_each_address_that_shows_no_key(self, settings, somewhere):
        settings.API_REQUESTS_PER_ADDRESS = 1
        nobody = Client(REMOTE_ADDR=somewhere)

        assert [nobody.get("/v1/groups").status_code for _ in range(2)] == [200, 429]
        assert program().get("/v1/groups", REMOTE_ADDR=somewhere).status_code == 200

    def test_count_keys_that_open_nothing_against_the_address(self, settings, somewhere):
        """Else whoever guesses keys would have a new limit with each guess."""
        settings.API_REQUESTS_PER_ADDRESS = 2

        answers = [
            Client(REMOTE_ADDR=somewhere, headers={"X-Api-Key": f"svcpass_{number}"}).get("/v1/secrets/")
            for number in range(3)
        ]

        assert [each.status_code for each in answers] == [401, 401, 429]

    def test_believe_a_forwarded_address_only_of_their_own_proxies(self, settings, somewhere):
        settings.API_REQUESTS_PER_ADDRESS, settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1, 1

        def ask(forged: str) -> int:
            return Client().get("/v1/groups", headers={"X-Forwarded-For": f"{forged}, {somewhere}"}).status_code

        assert [ask("192.0.2.1"), ask("192.0.2.2")] == [200, 429]

    def test_leave_pages_alone(self, settings, somewhere):
        settings.API_REQUESTS_PER_ADDRESS = 1
        nobody = Client(REMOTE_ADDR=somewhere)

        assert [nobody.get("/market").status_code for _ in range(3)] == [200] * 3


class TestEveryAnswer:
    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/v1/nothing", 404, "not_found"),
            ("GET", "/v1/seller/nothing", 404, "not_found"),
            ("PUT", "/v1/groups", 405, "method_not_allowed"),
            ("DELETE", "/v1/seller/upload", 405, "method_not_allowed"),
            ("GET", "/v1/secrets/", 401, "unauthenticated"),
            ("GET", "/v1/services/7d9f0c36-5f2e-4bb0-8a0e-0a3b6f3f5d11", 404, "not_found"),
        ],
    )
    def test_that_is_no_success_is_json_with_a_detail_a_code_and_the_request_id(self, method, path, status, code):
        answer = Client().generic(method, path)

        told = json.loads(answer.content)
        assert (answer.status_code, told["code"]) == (status, code)
        assert told["detail"]
        assert told["request_id"] == answer.headers["X-Request-Id"]

    def test_of_ours_that_broke_is_json_too(self, monkeypatch):
        client = Client(raise_request_exception=False)
        monkeypatch.setattr("common.apis.middleware.ApiAnswers._answer", lambda self, request: _broken())

        answer = client.get("/v1/groups")

        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")

    def test_names_the_methods_that_an_address_understands(self):
        answer = Client().put("/v1/groups")

        assert set(answer.headers["Allow"].split(", ")) == {"GET", "POST"}


def _broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError
