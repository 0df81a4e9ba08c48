"""Values that a lax reader would take for others: what the documents do not promise is refused."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.teams.models import Role
from gateway_admin.api_keys import services as api_keys
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Client:
    _, text = api_keys.issue(team=TeamFactory(), role=Role.OWNER, name="program", by=None, now=NOON)
    return Client(headers={"Authorization": f"Bearer {text}"})


class TestTimes:
    @pytest.mark.parametrize(
        ("written", "status"),
        [("2026-11-01T00:00:00Z", 200), ("2026-11-01", 200), ("0", 422), ("1790000000.5", 422), ("1e9", 422)],
    )
    def test_are_written_and_not_counted(self, program, written, status):
        assert program.get("/v1/request-logs", {"start_time": written}).status_code == status

    @pytest.mark.parametrize(
        ("written", "status"),
        [
            ("9999-12-31T23:59:59Z", 200),
            ("9999-12-31T23:59:59-12:00", 422),
            ("0001-01-01T00:00:00", 200),
            ("0001-01-01T00:00:00+14:00", 422),
        ],
    )
    def test_are_of_years_that_a_row_can_be_read_with(self, program, written, status):
        assert program.get("/v1/request-logs", {"start_time": written}).status_code == status


class TestBodies:
    @pytest.mark.parametrize("depth", [201, 600, 872, 878, 884, 890, 5000])
    def test_are_not_nested_without_end(self, program, depth):
        body = '{"request_path": "p/x", "body_template": ' + '{"a":' * depth + "1" + "}" * depth + "}"

        answer = program.post("/v1/recurrent-requests/", body, content_type="application/json")

        assert (answer.status_code, answer.json()["code"]) == (400, "http_400")
        assert "nested too deeply" in answer.json()["detail"]


class TestTruth:
    @pytest.mark.parametrize(("told", "status"), [(True, 200), (False, 200), (0, 422), ("yes", 422)])
    def test_is_no_number_and_no_word(self, program, told, status):
        body = {"value": "eu", "sensitive": told}

        assert program.put("/v1/secrets/REGION", body, content_type="application/json").status_code == status
