"""Months end at different moments in different places; every call is on the statement of its month there."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.ledger.models import TransactionKind
from billing.promotions.models import RuleMoment
from billing.statements.models import Statement
from billing.wallets.models import Wallet
from tests.factories.accounts import TeamFactory
from tests.factories.statements import at, closed, moved, opened, used

pytestmark = pytest.mark.django_db


#: zone, a month, its end in UTC
@pytest.mark.parametrize(
    ("zone", "month", "ends_at"),
    [
        ("Pacific/Kiritimati", date(2026, 11, 1), "2026-11-30 10:00"),
        ("Pacific/Pago_Pago", date(2026, 11, 1), "2026-12-01 11:00"),
        ("Asia/Kathmandu", date(2026, 11, 1), "2026-11-30 18:15"),
        # clocks are put back on the 25th of October, and forward on the 28th of March
        ("Europe/Vienna", date(2026, 10, 1), "2026-10-31 23:00"),
        ("Europe/Vienna", date(2026, 9, 1), "2026-09-30 22:00"),
        ("America/New_York", date(2026, 10, 1), "2026-11-01 04:00"),
        # on the 31st of March 2013 itself
        ("Europe/Vienna", date(2013, 3, 1), "2013-03-31 22:00"),
        # the month ends twice: clocks go back from midnight
        ("America/Havana", date(2026, 10, 1), "2026-11-01 04:00"),
    ],
)
def test_the_last_moment_is_this_months_and_the_next_one_the_next_months(zone, month, ends_at):
    end = at(ends_at)
    wallet = opened(TeamFactory(timezone=zone), at(f"{month} 20:00"))
    moved(wallet, "50", TransactionKind.TOP_UP, at(f"{month} 20:00"))
    used(wallet, 1, end - timedelta(seconds=1))
    used(wallet, 2, end)

    found = closed(wallet, end + timedelta(days=40))

    statement = found[0]
    assert (statement.period, statement.ends_at, statement.usage) == (month, end, 1)
    assert found[1].usage == 2
    assert [each.starts_at for each in found[1:]] == [each.ends_at for each in found[:-1]]


class TestAMovedTeam:
    """The next month runs in the zone that the team has when the last one is closed."""

    def test_to_the_west_has_a_longer_month(self):
        team = TeamFactory(timezone="Pacific/Kiritimati")
        wallet = opened(team, at("2026-09-10 12:00"))
        moved(wallet, "50", TransactionKind.TOP_UP, at("2026-09-10 12:00"))
        type(team).objects.update(timezone="Pacific/Pago_Pago")
        [first] = closed(wallet, at("2026-10-01 12:00"))

        used(wallet, 3, at("2026-09-30 20:00"))  # October in Kiritimati, September in Pago Pago
        [second] = closed(wallet, at("2026-11-02 12:00"))

        assert (first.ends_at, second.starts_at) == (at("2026-09-30 10:00"), at("2026-09-30 10:00"))
        assert second.ends_at == at("2026-11-01 11:00")
        assert second.usage == 3

    def test_to_the_west_still_reads_what_promotions_took_off_before_it_moved(self, promotion):
        team = TeamFactory(timezone="Pacific/Kiritimati")
        wallet = opened(team, at("2026-09-10 12:00"))
        moved(wallet, "50", TransactionKind.TOP_UP, at("2026-09-10 12:00"))
        promotion({"type": "multiply", "factor": "0.5"}, name="Half", apply_at=RuleMoment.REQUEST)
        used(wallet, 4, at("2026-09-30 20:00"))  # October in Kiritimati, September in Pago Pago
        type(team).objects.update(timezone="Pacific/Pago_Pago")
        closed(wallet, at("2026-10-01 12:00"))

        [second] = closed(wallet, at("2026-11-02 12:00"))

        line = second.lines.get()
        assert (line.net, line.discounted, line.late_months) == (2, 2, [])
        assert [(each["name"], Decimal(each["amount"])) for each in line.promotions] == [("Half", 2)]

    def test_to_the_east_has_a_shorter_one(self):
        team = TeamFactory(timezone="Pacific/Pago_Pago")
        wallet = opened(team, at("2026-09-10 12:00"))
        moved(wallet, "50", TransactionKind.TOP_UP, at("2026-09-10 12:00"))
        type(team).objects.update(timezone="Pacific/Kiritimati")
        used(wallet, 2, at("2026-10-01 10:30"))  # September in Pago Pago
        closed(wallet, at("2026-10-02 12:00"))

        used(wallet, 3, at("2026-10-31 09:00"))
        closed(wallet, at("2026-11-02 12:00"))

        assert list(Statement.objects.order_by("period").values_list("usage", flat=True)) == [2, 3]
        assert Wallet.objects.get().open_period == date(2026, 11, 1)
