"""Idempotency-Key on what makes something: the same request under the same key makes one thing and gets one answer."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.teams.models import Role, Team
from common.idempotency import services
from common.idempotency.models import KeptAnswer
from gateway_admin.aliases import services as aliases
from gateway_admin.aliases.models import Alias
from gateway_admin.api_keys import services as api_keys
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON


def program(team: Team, role: str = Role.OWNER) -> Client:
    _, text = api_keys.issue(team=team, role=role, name="program", by=None, now=NOON)
    return Client(headers={"Authorization": f"Bearer {text}"})


def create(client: Client, key: str | None, name: str = "llm", query: str = "") -> HttpResponse:
    body = json.dumps({"name": name, "target_path": "p/openai"})
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(f"/v1/aliases/{query}", body, content_type="application/json", headers=headers)


@pytest.fixture
def buyer(db: None) -> Team:
    return TeamFactory()


@pytest.fixture
def client(buyer: Team) -> Client:
    return program(buyer)


class TestTheSameRequest:
    def test_under_one_key_makes_one_thing_and_gets_one_answer(self, client):
        first, again = create(client, "k-1"), create(client, "k-1")

        assert (first.status_code, again.status_code) == (201, 201)
        assert again.content == first.content
        assert again.headers["Idempotency-Replayed"] == "true"
        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
        assert Alias.objects.count() == 1

    def test_without_a_key_or_under_another_makes_another(self, client):
        for key in ("k-1", "k-2", None, None):
            assert create(client, key).status_code == 201

        assert Alias.objects.count() == 4

    def test_after_a_day_makes_another(self, client):
        create(client, "k-1")
        KeptAnswer.objects.update(created_at=timezone.now() - services.LIFETIME - timedelta(seconds=1))

        assert create(client, "k-1").status_code == 201
        assert "Idempotency-Replayed" in create(client, "k-1").headers
        assert Alias.objects.count() == 2


class TestAnotherRequest:
    @pytest.mark.parametrize("other", [{"name": "mail"}, {"query": "?shared=true"}])
    def test_under_a_used_key_is_refused(self, client, other):
        create(client, "k-1")

        answer = create(client, "k-1", **other)

        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
        assert Alias.objects.count() == 1

    def test_of_another_caller_under_the_same_key_is_their_own(self, client, buyer):
        create(client, "k-1")
        colleague, stranger = program(buyer), program(TeamFactory())

        for each in (colleague, stranger):
            answer = create(each, "k-1")
            assert answer.status_code == 201
            assert "Idempotency-Replayed" not in answer.headers
        assert create(program(buyer, Role.VIEWER), "k-1").status_code == 403


class TestWhatFailed:
    def test_is_not_kept_and_may_be_tried_again(self, client):
        refused = create(client, "k-1", name="Not A Name")
        assert refused.status_code == 422

        assert create(client, "k-1").status_code == 201

    def test_leaves_nothing_behind(self, client, monkeypatch):
        def made_and_broken(**arguments):
            aliases_create(**arguments)
            raise ZeroDivisionError

        aliases_create = aliases.create
        monkeypatch.setattr(aliases, "create", made_and_broken)
        client.raise_request_exception = False

        assert create(client, "k-1").status_code == 500
        assert Alias.objects.count() == 0
        monkeypatch.undo()
        assert create(client, "k-1").status_code == 201

    @pytest.mark.parametrize("key", ["", "x" * 256, "snow\u00ebman", "a\tb"])
    def test_for_an_impossible_key_says_which_are_possible(self, client, key):
        answer = create(client, key)

        assert answer.status_code == 422
        assert "printable" in answer.json()["detail"][0]["msg"]


class TestBesideEachOther:
    def test_one_is_made_and_the_other_hears_that_it_is_under_way(self, transactional_db, monkeypatch):
        client, begun, finish = program(TeamFactory()), Event(), Event()
        make = aliases.create

        def slowly(**arguments):
            begun.set()
            assert finish.wait(10)
            return make(**arguments)

        def ask() -> HttpResponse:
            try:
                return create(client, "k-1")
            finally:
                connection.close()

        monkeypatch.setattr(aliases, "create", slowly)
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(ask)
            assert begun.wait(10)
            second = create(client, "k-1")
            finish.set()
            assert first.result().status_code == 201

        assert (second.status_code, second.json()["code"]) == (409, "request_under_way")
        assert create(client, "k-1").content == first.result().content
        assert Alias.objects.count() == 1


class TestForgetting:
    def test_deletes_what_is_older_than_a_day(self, client):
        create(client, "old")
        KeptAnswer.objects.update(created_at=timezone.now() - services.LIFETIME - timedelta(seconds=1))
        create(client, "new")

        assert services.forget(now=timezone.now()) == 1
        assert [each.key for each in KeptAnswer.objects.all()] == ["new"]


def test_the_lock_of_a_key_is_nobody_elses(buyer):
    for caller in (str(uuid4()), str(uuid4())):
        assert services.claim(caller=caller, key="k", request=b"", now=NOON).kept is None
