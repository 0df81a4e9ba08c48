"""Closing a month: what was used is frozen in lines and in the ledger, once, and the next month opens."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from billing.ledger import queries as books
from billing.ledger.models import AccountKind, Entry, Transaction, TransactionKind
from billing.ledger.services import account
from billing.rating.models import Charge
from billing.statements import queries
from billing.statements import services as statements
from billing.statements.models import LineKind, Statement, StatementCounter
from billing.wallets import services as wallets
from billing.wallets.models import Wallet
from tests.factories.accounts import TeamFactory
from tests.factories.billing import usd
from tests.factories.statements import CHAT, IMAGES, at, closed, moved, opened, used

TOP_UP, REFUND, FEE = TransactionKind.TOP_UP, TransactionKind.REFUND, TransactionKind.FEE
pytestmark = pytest.mark.django_db


def fresh(wallet: Wallet) -> Wallet:
    return Wallet.objects.get(pk=wallet.pk)


class TestAStatement:
    def test_lists_what_was_used_by_service_enrollment_and_channel(self, wallet):
        moved(wallet, "50", TOP_UP, at("2026-09-10 12:00"))
        enrollment = "10000000-0000-4000-8000-000000000001"
        used(wallet, 2, at("2026-09-11 12:00"))
        used(wallet, 3, at("2026-09-12 12:00"))
        used(wallet, 5, at("2026-09-12 12:00"), service_id=IMAGES, usage={"images": 4}, channel="fast")
        used(wallet, 7, at("2026-09-12 12:00"), enrollment_id=enrollment)

        [statement] = closed(wallet, at("2026-10-02 12:00"))

        lines = [
            (line.service_name, line.enrollment_code, line.channel, line.requests, line.metrics, line.net)
            for line in statement.lines.all()
        ]
        assert lines == [
            ("Acme Chat", "", "", 2, {"output_tokens": "14"}, 5),
            ("Acme Chat", "K7QM4T9Z", "", 1, {"output_tokens": "7"}, 7),
            ("Image Forge", "", "fast", 1, {"images": "4"}, 5),
        ]
        assert (statement.usage, statement.listed, statement.closing_balance) == (17, 17, 33)

    def test_moves_each_line_from_the_wallet_to_revenue(self, wallet):
        moved(wallet, "50", TOP_UP, at("2026-09-10 12:00"))
        used(wallet, 2, at("2026-09-11 12:00"))
        used(wallet, 5, at("2026-09-12 12:00"), service_id=IMAGES)

        [statement] = closed(wallet, at("2026-10-02 12:00"))

        entries = [line.entry for line in statement.lines.all()]
        assert [entry.amount for entry in entries] == [2, 5]
        assert {entry.transaction for entry in entries} == {statement.transaction}
        assert (statement.transaction.kind, statement.transaction.effective_at) == ("usage", at("2026-09-30 22:00"))
        assert books.balance(account(kind=AccountKind.REVENUE, currency="USD")) == 7
        after = fresh(wallet)
        assert (after.settled, after.usage, after.available) == (43, 0, 43)

    @pytest.mark.breaks_the_books
    def test_shows_payments_fees_and_credits_beside_the_usage(self, wallet):
        moved(wallet, "50", TOP_UP, at("2026-09-10 12:00"), "Visa ending in 4242")
        moved(wallet, "-9.90", FEE, at("2026-09-11 12:00"), "Acme Pro")
        moved(wallet, "-5", REFUND, at("2026-09-12 12:00"))
        moved(wallet, "0.125", TransactionKind.GRANT, at("2026-09-13 12:00"))

        [statement] = closed(wallet, at("2026-10-02 12:00"))

        sums = (statement.top_ups, statement.fees, statement.refunds, statement.credits, statement.usage)
        assert sums == (50, Decimal("9.90"), 5, Decimal("0.125"), 0)
        assert statement.total == Decimal("9.90")
        assert statement.closing_balance == Decimal("35.225")
        assert statement.transaction is None
        assert [movement.memo for movement in queries.contents(statement).movements][:2] == [
            "Visa ending in 4242",
            "Acme Pro",
        ]

    def test_counts_a_reversal_where_it_counts_what_it_takes_back(self, wallet):
        moved(wallet, "50", TOP_UP, at("2026-09-10 12:00"))
        original = Transaction.objects.get()
        wallets.reverse(wallet=wallet, original=original, note="Mistake", by=None, now=at("2026-09-11 12:00"))

        [statement] = closed(wallet, at("2026-10-02 12:00"))

        assert (statement.top_ups, statement.credits, statement.closing_balance) == (0, 0, 0)

    def test_begins_where_the_last_one_ended(self, wallet):
        moved(wallet, "50", TOP_UP, at("2026-09-10 12:00"))
        used(wallet, 2, at("2026-09-11 12:00"))
        used(wallet, 3, at("2026-10-11 12:00"))
        moved(wallet, "10", TOP_UP, at("2026-10-12 12:00"))

        first, second = closed(wallet, at("2026-11-02 12:00"))

        assert (first.opening_balance, first.closing_balance) == (0, 48)
        assert (second.opening_balance, second.top_ups, second.usage, second.closing_balance) == (48, 10, 3, 55)
        assert second.starts_at == first.ends_at
        assert fresh(wallet).settled == 55

    def test_leaves_what_came_in_after_its_month_to_the_next_one(self, wallet):
        moved(wallet, "50", TOP_UP, at("2026-09-10 12:00"))
        moved(wallet, "7", TOP_UP, at("2026-10-01 00:30"))

        [statement] = closed(wallet, at("2026-10-01 12:00"))

        assert (statement.top_ups, statement.closing_balance, statement.closing_seq) == (50, 50, 1)
        assert queries.so_far(team=wallet.team, currency="USD").top_ups == 7

    def test_says_who_issued_it_and_to_whom_as_it_was_then(self, wallet, settings):
        settings.PLATFORM_NAME, settings.PLATFORM_TAX_ID = "Acme Platform", "US77"
        details = {"legal_name": "Buyer GmbH", "address": "Ring 1\n1010 Wien", "country": "AT", "tax_id": "ATU1"}
        statements.set_billing_details(team=wallet.team, now=at("2026-09-11 12:00"), **details)
        moved(wallet, "5", TOP_UP, at("2026-09-10 12:00"))
        [statement] = closed(wallet, at("2026-10-02 12:00"))

        statements.set_billing_details(
            team=wallet.team, now=at("2026-10-03 12:00"), **{**details, "legal_name": "Other"}
        )
        settings.PLATFORM_NAME = "Other"

        said = queries.contents(Statement.objects.get(pk=statement.pk))
        assert (said.issuer.name, said.issuer.tax_id) == ("Acme Platform", "US77")
        assert (said.customer.name, said.customer.address) == ("Buyer GmbH", ("Ring 1", "1010 Wien"))


class TestClosing:
    def test_waits_for_the_end_of_the_month_there_and_for_the_grace(self, wallet):
        """Vienna is two hours ahead in September: the month ends at 22:00 UTC, and is closed six hours later."""
        moved(wallet, "5", TOP_UP, at("2026-09-10 12:00"))

        assert closed(wallet, at("2026-10-01 03:59:59")) == []
        with pytest.raises(statements.PeriodStillOpen, match="from 2026-10-01 04:00 UTC on"):
            statements.close(wallet=wallet, period=date(2026, 9, 1), now=at("2026-10-01 03:59:59"))
        assert len(closed(wallet, at("2026-10-01 04:00"))) == 1

    def test_a_second_time_returns_the_first_statement(self, wallet):
        moved(wallet, "5", TOP_UP, at("2026-09-10 12:00"))
        used(wallet, 2, at("2026-09-11 12:00"))
        september, now = date(2026, 9, 1), at("2026-10-02 12:00")

        first = statements.close(wallet=wallet, period=september, now=now)
        second = statements.close(wallet=wallet, period=september, now=now)

        assert first == second
        assert Entry.objects.filter(transaction__kind="usage").count() == 1

    def test_goes_month_after_month(self, wallet):
        moved(wallet, "5", TOP_UP, at("2026-09-10 12:00"))

        with pytest.raises(statements.EarlierPeriodOpen, match="September 2026 is not closed yet"):
            statements.close(wallet=wallet, period=date(2026, 10, 1), now=at("2026-12-02 12:00"))
        found = closed(wallet, at("2026-12-02 12:00"))

        assert [each.period for each in found] == [date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)]
        assert fresh(wallet).open_period == date(2026, 12, 1)

    def test_of_a_month_without_anything_makes_no_statement_and_takes_no_number(self, wallet):
        assert closed(wallet, at("2026-11-02 12:00")) == []

        assert fresh(wallet).open_period == date(2026, 11, 1)
        assert not StatementCounter.objects.exists()
        moved(wallet, "5", TOP_UP, at("2026-11-10 12:00"))
        [statement] = closed(wallet, at("2026-12-02 12:00"))
        assert (statement.number, statement.period) == ("2026-000001", date(2026, 11, 1))

    def test_begins_with_the_first_usage_when_that_is_older_than_the_wallet(self, wallet):
        moved(wallet, "5", TOP_UP, at("2026-09-11 12:00"))
        used(wallet, 2, at("2026-07-11 12:00"))

        assert [each.usage for each in closed(wallet, at("2026-10-02 12:00"))] == [2, 0, 0]

    def test_of_calls_that_cost_nothing_freezes_lines_without_entries(self, wallet):
        used(wallet, 0, at("2026-09-11 12:00"))

        [statement] = closed(wallet, at("2026-10-02 12:00"))

        line = statement.lines.get()
        assert (line.requests, line.net, line.entry, statement.transaction) == (1, 0, None, None)

    def test_keeps_currencies_apart(self, buyer, wallet):
        euros = opened(buyer, at("2026-09-10 12:00"), "EUR")
        moved(wallet, "5", TOP_UP, at("2026-09-10 12:00"))
        moved(euros, "50", TOP_UP, at("2026-09-10 12:00"))
        used(wallet, 2, at("2026-09-11 12:00"))
        used(euros, 3, at("2026-09-11 12:00"))

        for each in (wallet, euros):
            closed(each, at("2026-10-02 12:00"))

        assert {each.currency: (each.usage, each.closing_balance) for each in Statement.objects.all()} == {
            "USD": (2, 3),
            "EUR": (3, 47),
        }

    def test_of_an_overdrawn_wallet_does_not_touch_its_floor(self, wallet):
        moved(wallet, "10", TOP_UP, at("2026-09-10 12:00"))
        used(wallet, 8, at("2026-09-11 12:00"))
        wallets.take_back(
            wallet=wallet,
            amount=usd("10"),
            target=account(kind=AccountKind.CARD_CLEARING, currency="USD"),
            kind=TransactionKind.CHARGEBACK,
            key="bank",
            note="",
            by=None,
            now=at("2026-09-12 12:00"),
        )

        [statement] = closed(wallet, at("2026-10-02 12:00"))

        after = fresh(wallet)
        assert (statement.closing_balance, after.settled, after.usage, after.overdrawn) == (-8, -8, 0, 8)

    def test_follows_the_time_zone_of_the_team_and_tells_the_gateway(self, buyer, wallet, published):
        moved(wallet, "5", TOP_UP, at("2026-09-10 12:00"))
        published.clear()
        type(buyer).objects.filter(pk=buyer.pk).update(timezone="Pacific/Kiritimati")

        [statement] = closed(wallet, at("2026-10-02 12:00"))

        assert statement.time_zone == "Europe/Vienna"
        assert fresh(wallet).time_zone == "Pacific/Kiritimati"
        assert published == [("customer", str(buyer.pk))]

    def test_keeps_the_time_zone_when_the_teams_is_none(self, buyer, wallet):
        type(buyer).objects.filter(pk=buyer.pk).update(timezone="Moon/Tranquility")

        closed(wallet, at("2026-10-02 12:00"))

        assert fresh(wallet).time_zone == "Europe/Vienna"


class TestLateUsage:
    def test_is_on_the_next_statement_and_says_for_which_month(self, wallet):
        moved(wallet, "50", TOP_UP, at("2026-09-10 12:00"))
        used(wallet, 2, at("2026-09-11 12:00"))
        [first] = closed(wallet, at("2026-10-02 12:00"))

        used(wallet, 3, at("2026-09-30 21:59"))
        used(wallet, 4, at("2026-10-03 12:00"))
        [second] = closed(wallet, at("2026-11-02 12:00"))

        lines = [(line.net, line.late_months) for line in second.lines.all()]
        assert lines == [(4, []), (3, ["2026-09"])]
        assert queries.contents(second).lines[1].late == "September 2026, arrived late"
        assert first.lines.get().net == 2

    def test_of_two_months_names_both(self, wallet):
        moved(wallet, "50", TOP_UP, at("2026-09-10 12:00"))
        closed(wallet, at("2026-11-02 12:00"))

        used(wallet, 3, at("2026-09-30 21:59"))
        used(wallet, 4, at("2026-10-03 12:00"))
        [statement] = closed(wallet, at("2026-12-02 12:00"))

        [line] = queries.contents(statement).lines
        assert (line.net, line.late) == (7, "September 2026 and October 2026, arrived late")

    def test_belongs_to_exactly_one_statement(self, wallet):
        moved(wallet, "50", TOP_UP, at("2026-09-10 12:00"))
        for day in ("2026-09-11", "2026-10-01", "2026-09-29", "2026-10-31", "2026-09-12"):
            used(wallet, 1, at(f"{day} 12:00"))
            closed(wallet, at("2026-10-02 12:00") if day < "2026-10-31" else at("2026-11-02 12:00"))
        closed(wallet, at("2026-12-02 12:00"))

        assert sum(each.usage for each in Statement.objects.all()) == Charge.objects.count() == 5


class TestSoFar:
    def test_is_what_the_statement_will_say(self, wallet):
        moved(wallet, "50", TOP_UP, at("2026-09-10 12:00"))
        used(wallet, 2, at("2026-09-11 12:00"))

        before = queries.so_far(team=wallet.team, currency="USD")
        [statement] = closed(wallet, at("2026-10-02 12:00"))
        frozen = queries.contents(statement)

        assert before.number is None
        assert list(before.lines) == list(frozen.lines)
        assert list(before.movements) == list(frozen.movements)
        assert before.closing_balance == frozen.closing_balance == 48

    def test_changes_nothing(self, wallet):
        used(wallet, 0, at("2026-09-11 12:00"))

        queries.so_far(team=wallet.team, currency="USD")

        assert not Statement.objects.exists()
        assert fresh(wallet).open_period is None


class TestDue:
    def test_are_wallets_whose_month_has_ended_where_they_are(self, db):
        """On 1 December 00:30 in UTC, November is over in Kiritimati (and its grace), not in Pago Pago."""
        teams = {zone: TeamFactory(timezone=zone) for zone in ("Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago")}
        found = {zone: opened(team, at("2026-11-10 12:00")) for zone, team in teams.items()}

        due = set(queries.due(now=at("2026-12-01 00:30")))

        assert due == {found["Pacific/Kiritimati"].pk}
        assert set(queries.due(now=at("2026-12-01 17:00"))) == {wallet.pk for wallet in found.values()}

    def test_are_none_after_they_were_closed(self, wallet):
        now = at("2026-12-01 17:00")
        assert list(queries.due(now=now)) == [wallet.pk]

        closed(wallet, now)

        assert list(queries.due(now=now)) == []


class TestPromotionOnTheStatement:
    def test_is_a_line_of_its_own_that_gives_back(self, wallet, promotion):
        promotion({"type": "multiply", "factor": "0.9"}, name="November −10 %")
        moved(wallet, "50", TOP_UP, at("2026-09-10 12:00"))
        used(wallet, 4, at("2026-09-11 12:00"))
        used(wallet, 6, at("2026-09-12 12:00"), service_id=IMAGES)

        [statement] = closed(wallet, at("2026-10-02 12:00"))

        lines = [(line.kind, line.service_id, line.net) for line in statement.lines.all()]
        assert lines == [
            (LineKind.USAGE, CHAT, 4),
            (LineKind.USAGE, IMAGES, 6),
            (LineKind.PROMOTION, CHAT, Decimal("-0.4")),
            (LineKind.PROMOTION, IMAGES, Decimal("-0.6")),
        ]
        assert (statement.usage, statement.discounted) == (9, 1)
        assert fresh(wallet).available == 41
        assert books.balance(account(kind=AccountKind.REVENUE, currency="USD")) == 9

    def test_that_takes_everything_off_leaves_the_wallet_as_it_was(self, wallet, promotion):
        promotion({"type": "multiply", "factor": "0"}, name="Free month")
        moved(wallet, "50", TOP_UP, at("2026-09-10 12:00"))
        used(wallet, 4, at("2026-09-11 12:00"))

        [statement] = closed(wallet, at("2026-10-02 12:00"))

        assert (statement.usage, statement.closing_balance, fresh(wallet).settled) == (0, 50, 50)
