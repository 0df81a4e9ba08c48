"""The month so far, over JSON and through the published client's generated layer."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from accounts.teams.models import Role, Team
from billing.rating import services as rating
from billing.statements import usage
from gateway_admin.api_keys import services as api_keys
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON, funded_wallet, price_version, ship, usage_event
from tests.factories.marketplace import make_service

pytestmark = pytest.mark.django_db


def program(team: Team) -> Client:
    _, text = api_keys.issue(team=team, role=Role.VIEWER, name="program", by=None, now=NOON)
    return Client(headers={"Authorization": f"Bearer {text}"})


class TestCycleUsage:
    def test_sums_up_the_calls_of_the_month_by_service(self, time_machine):
        wallet = funded_wallet("100", team=TeamFactory())
        service = make_service()
        event = usage_event(wallet, price_version(), service_id=service.pk)
        ship(event)
        ship(usage_event(wallet, price_version(), service_id=service.pk, status=502))
        rating.settle(limit=10)
        time_machine.move_to(event.finished_at)

        answer = program(wallet.team).get("/v1/usage/cycle").json()

        (used,) = answer["services"]
        assert (used["service_id"], used["service_name"]) == (str(service.pk), str(service))
        assert (used["request_count"], used["success_count"], used["error_count"]) == (2, 1, 1)
        charges = [each.charged for each in wallet.charges.all()]
        assert Decimal(answer["total_charge"]) == sum(charges) == Decimal(used["customer_charge"])
        assert Decimal(answer["wallet_balance"]) - sum(charges) == Decimal(answer["balance_after_usage"])
        assert (answer["currency"], answer["meters"], answer["has_active_plan"]) == ("USD", [], False)

    def test_is_empty_without_a_call(self, time_machine):
        time_machine.move_to(NOON)
        wallet = funded_wallet("100", team=TeamFactory())

        answer = program(wallet.team).get("/v1/usage/cycle").json()

        assert (answer["services"], answer["services_charge"]) == ([], "0")
        assert Decimal(answer["wallet_balance"]) == 100

    def test_refuses_a_month_that_has_not_begun(self):
        wallet = funded_wallet("100", team=TeamFactory())

        answer = program(wallet.team).get("/v1/usage/cycle?cycle_start=2099-01-15")

        assert answer.status_code == 422
        assert "has not begun" in answer.json()["detail"][0]["msg"]


class TestProjection:
    @pytest.mark.parametrize(
        ("now", "elapsed", "total", "projected"),
        [("2026-11-10T12:00", 10, 30, "9"), ("2026-11-30T23:00", 30, 30, "3"), ("2026-02-01T00:00", 1, 28, "84")],
    )
    def test_goes_on_at_the_pace_of_the_days_so_far(self, now, elapsed, total, projected):
        team = TeamFactory()
        funded_wallet("100", team=team)

        found = usage.cycle(team=team, containing=None, now=datetime.fromisoformat(now).replace(tzinfo=ZoneInfo("UTC")))
        found.services.append(usage.ServiceUse(team.pk, "x", "", charged=Decimal(3)))

        assert (found.days_elapsed, found.days_total) == (elapsed, total)
        assert found.projected == Decimal(projected)
