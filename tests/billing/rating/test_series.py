"""Usage over time: worked numbers, and that months are what their statements say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import connection

from billing.rating import series
from billing.rating.series import Asked
from billing.statements.models import LineKind
from billing.wallets.models import Wallet
from tests.factories.accounts import TeamFactory
from tests.factories.statements import CHAT, IMAGES, at, closed, opened, used

pytestmark = pytest.mark.django_db

SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
VIENNA = "Europe/Vienna"


@pytest.fixture
def wallet() -> Wallet:
    """The wallet of the worked example in docs/algorithms/statements.md, but for its movements."""
    wallet = opened(TeamFactory(), at("2026-09-01 10:00"))
    Wallet.objects.filter(pk=wallet.pk).update(time_zone=VIENNA, credit_limit=Decimal(1000))
    wallet.refresh_from_db()
    used(wallet, "2.0004", at("2026-09-11 12:00"), path="/a/llm")
    used(wallet, 1, at("2026-09-30 21:59"), service_id=IMAGES)
    used(wallet, "0.25", at("2026-09-30 22:00"))
    closed(wallet, at("2026-10-01 05:00"))
    wallet.refresh_from_db()
    used(wallet, 3, at("2026-09-20 12:00"))
    return wallet


def found(wallet: Wallet, asked: Asked) -> list[tuple[object, str, Decimal]]:
    return [(cell.at, cell.key, cell.amount) for cell in series.usage(wallet=wallet, asked=asked)]


class TestMonths:
    def test_are_by_day_in_the_clocks_of_the_wallet(self, wallet):
        assert found(wallet, series.of_month(SEPTEMBER, VIENNA)) == [
            (at("2026-09-10 22:00"), str(CHAT), Decimal("2.0004")),
            (at("2026-09-29 22:00"), str(IMAGES), Decimal(1)),
        ]

    def test_have_what_came_late_apart(self, wallet):
        assert found(wallet, series.of_month(OCTOBER, VIENNA)) == [
            (None, str(CHAT), Decimal(3)),
            (at("2026-09-30 22:00"), str(CHAT), Decimal("0.25")),
        ]

    def test_sum_up_to_the_lines_of_their_statements(self, wallet):
        statements = closed(wallet, at("2026-11-02 05:00")) or list(wallet.statements.all())

        assert {statement.period for statement in wallet.statements.all()} == {SEPTEMBER, OCTOBER}
        for statement in wallet.statements.all():
            cells = series.usage(wallet=wallet, asked=series.of_month(statement.period, VIENNA))
            lines = list(statement.lines.filter(kind=LineKind.USAGE))
            assert sum(cell.amount for cell in cells) == sum(line.net for line in lines) == statement.usage
            assert sum(cell.requests for cell in cells) == sum(line.requests for line in lines)
            for line in lines:
                own = [each for each in cells if each.key == str(line.service_id)]
                of_service = [each for each in lines if each.service_id == line.service_id]
                assert sum(each.amount for each in own) == sum(each.net for each in of_service)
        assert statements


class TestOtherTimes:
    ASKED = Asked(at("2026-09-11 10:00"), at("2026-09-11 14:00"), VIENNA, "hour")

    def test_are_by_the_hour_when_asked(self, wallet):
        used(wallet, 5, at("2026-09-11 14:00"))  # not in it: the end is open
        used(wallet, 7, at("2026-09-11 10:00"))

        assert found(wallet, self.ASKED) == [
            (at("2026-09-11 10:00"), str(CHAT), Decimal(7)),
            (at("2026-09-11 12:00"), str(CHAT), Decimal("2.0004")),
        ]
        assert series.stretches(self.ASKED) == [at(f"2026-09-11 {hour}:00") for hour in range(10, 14)]

    def test_find_late_calls_when_they_were_made(self, wallet):
        asked = Asked(at("2026-09-19 22:00"), at("2026-09-20 22:00"), VIENNA)

        assert found(wallet, asked) == [(at("2026-09-19 22:00"), str(CHAT), Decimal(3))]

    def test_have_a_day_of_25_hours_where_clocks_are_put_back(self):
        day = Asked(at("2026-10-24 22:00"), at("2026-10-25 23:00"), VIENNA, "hour")

        assert len(series.stretches(day)) == 25
        assert series.stretches(replace(day, step="day")) == [at("2026-10-24 22:00")]


class TestStacks:
    def test_are_by_service_key_or_called_name(self, wallet):
        key = uuid4()
        used(wallet, 4, at("2026-10-02 12:00"), api_key_id=key, path="/m/g/pool/x")
        october = series.of_month(OCTOBER, VIENNA)

        assert {(key, amount) for _, key, amount in found(wallet, replace(october, by="key"))} >= {(str(key), 4)}
        assert ("g/pool", 4) in {(key, amount) for _, key, amount in found(wallet, replace(october, by="alias"))}

    def test_can_be_of_one_alone(self, wallet):
        month = series.of_month(SEPTEMBER, VIENNA)

        for only in ({"service_id": CHAT}, {"alias": "a/llm"}):
            assert [amount for _, _, amount in found(wallet, replace(month, **only))] == [Decimal("2.0004")]
        assert found(wallet, replace(month, api_key_id=uuid4())) == []

    def test_are_the_wallets_own(self, wallet):
        assert found(opened(TeamFactory(), at("2026-09-01 10:00")), series.of_month(SEPTEMBER, VIENNA)) == []


class TestSales:
    def test_are_of_all_customers_together(self, wallet):
        other = opened(TeamFactory(), at("2026-09-01 10:00"))
        Wallet.objects.filter(pk=other.pk).update(credit_limit=Decimal(10))
        used(other, 8, at("2026-09-11 09:00"))
        asked = series.of_month(SEPTEMBER, "UTC")

        cells = series.sales(service_ids=[CHAT], currency="USD", asked=asked)

        assert [(cell.at, cell.amount, cell.requests) for cell in cells] == [
            (at("2026-09-11 00:00"), Decimal("10.0004"), 2)
        ]
        assert series.currencies(service_ids=[CHAT, IMAGES], since=SEPTEMBER) == ["USD"]
        assert series.sales(service_ids=[UUID(int=7)], currency="USD", asked=asked) == []


class TestManyCalls:
    @pytest.mark.breaks_the_books
    def test_are_read_off_one_index_whatever_their_number(self, wallet):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO rating_hourlyusage (wallet_id, starts_at, period, service_id, requests, failures, charged)"
                " SELECT gen_random_uuid(), %s + n * interval '1 hour', '2026-09-01', %s, 1000, 0, 1"
                " FROM generate_series(1, 5000) n",
                [datetime(2026, 9, 1, tzinfo=UTC), CHAT],
            )
            cursor.execute("ANALYZE rating_hourlyusage")
            cursor.execute(
                "EXPLAIN SELECT * FROM rating_hourlyusage WHERE wallet_id = %s AND period = '2026-09-01'", [wallet.pk]
            )
            plan = "\n".join(line for (line,) in cursor.fetchall())

        assert "hourly_usage_once" in plan
