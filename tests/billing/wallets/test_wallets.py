"""Opening a wallet, putting money in, taking it back, lending it a limit, and reading it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from billing.ledger import services as ledger
from billing.rating import verification
from billing.wallets import queries
from billing.wallets import services as wallets
from billing.wallets.models import WalletEntry
from common.errors import NotFound
from domain.money import Money
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import NOON, Process, funded_wallet, usd

pytestmark = pytest.mark.django_db


def credit(wallet, amount: str | Money, key: str = "credit-1", **facts):
    amount = usd(amount) if isinstance(amount, str) else amount
    return wallets.credit(
        wallet=wallet, amount=amount, key=key, **{"kind": "grant", "note": "", "by": None, "now": NOON, **facts}
    )


class TestOpen:
    def test_gives_a_team_one_wallet_per_currency_and_tells_the_gateway_once(self, published):
        buyer = TeamFactory()

        opened = [wallets.open(team=buyer), wallets.open(team=buyer), wallets.open(team=buyer, currency="EUR")]

        assert opened[0] == opened[1] != opened[2]
        assert published == [("customer", str(buyer.pk))] * 2

    @pytest.mark.parametrize("currency", ["usd", "US", "DOLLARSX", "U$D", ""])
    def test_refuses_what_is_no_currency_code(self, currency):
        with pytest.raises(wallets.CurrencyInvalid):
            wallets.open(team=TeamFactory(), currency=currency)


class TestCredit:
    def test_adds_a_line_with_the_running_balance(self):
        buyer, operator = TeamFactory(), UserFactory(operator=True)
        wallet = wallets.open(team=buyer)

        credit(wallet, "10", "a", note="Welcome", by=operator)
        credit(wallet, "2.5", "b", kind="payment")

        lines = list(queries.transactions(team=buyer))
        assert [(line.seq, line.delta, line.balance_after) for line in lines] == [
            (2, Decimal("2.5"), Decimal("12.5")),
            (1, Decimal(10), Decimal(10)),
        ]
        assert (lines[1].transaction.memo, lines[1].transaction.created_by) == ("Welcome", operator)
        assert verification.verify() == []

    def test_credits_once_per_key(self):
        wallet = funded_wallet("0")

        assert credit(wallet, "10") == credit(wallet, "10")
        assert queries.wallet(team=wallet.team).settled == 10

    def test_refuses_the_same_key_with_another_amount_or_wallet(self):
        wallet = funded_wallet("0")
        credit(wallet, "10")

        with pytest.raises(ledger.KeyReused):
            credit(wallet, "11")
        with pytest.raises(ledger.KeyReused):
            credit(funded_wallet("0"), "10")

    @pytest.mark.parametrize("amount", ["0", "-1", "0.0000000000001", "1000000000.01"])
    def test_refuses_amounts_that_do_not_fit_the_books(self, amount):
        with pytest.raises(wallets.AmountInvalid):
            credit(funded_wallet("0"), amount)

    def test_refuses_another_currency(self):
        with pytest.raises(ledger.CurrencyMismatch):
            credit(funded_wallet("0"), Money(Decimal(1), "EUR"))


class TestReverse:
    def test_takes_a_credit_back(self):
        wallet = funded_wallet("5")
        mistake = credit(wallet, "10")

        wallets.reverse(wallet=wallet, original=mistake, note="Wrong customer", by=None, now=NOON)

        assert queries.wallet(team=wallet.team).settled == 5
        assert [line.delta for line in queries.transactions(team=wallet.team)] == [-10, 10, 5]
        assert verification.verify() == []

    def test_does_not_take_what_is_spent_or_promised(self):
        wallet = funded_wallet("0")
        mistake = credit(wallet, "10")
        Process().draw(wallet, "4")

        with pytest.raises(wallets.MoneyInUse):
            wallets.reverse(wallet=wallet, original=mistake, note="", by=None, now=NOON)

    def test_does_not_touch_another_wallet_s_transaction(self):
        elsewhere = credit(funded_wallet("0"), "10")

        with pytest.raises(NotFound):
            wallets.reverse(wallet=funded_wallet("50"), original=elsewhere, note="", by=None, now=NOON)


class TestCreditLimit:
    def test_lets_a_wallet_be_spent_below_zero(self):
        wallet = funded_wallet("1")

        wallets.set_credit_limit(wallet=wallet, limit=usd("5"))

        assert queries.three_numbers(team=wallet.team).spendable == 6

    def test_cannot_be_lowered_below_what_is_in_use(self):
        wallet = funded_wallet("1", credit_limit="5")
        Process().draw(wallet, "4")

        with pytest.raises(wallets.MoneyInUse):
            wallets.set_credit_limit(wallet=wallet, limit=usd("2.99"))
        wallets.set_credit_limit(wallet=wallet, limit=usd("3"))

    def test_is_not_negative(self):
        with pytest.raises(wallets.AmountInvalid):
            wallets.set_credit_limit(wallet=funded_wallet("10"), limit=usd("-1"))


class TestThreeNumbers:
    def test_shows_what_is_there_and_what_follows(self, django_assert_num_queries):
        buyer = TeamFactory()
        Process().draw(funded_wallet("10", team=buyer, credit_limit="2"), "3")

        with django_assert_num_queries(1):
            numbers = queries.three_numbers(team=buyer)

        assert (numbers.settled, numbers.usage, numbers.credit_limit, numbers.held) == (10, 0, 2, 3)
        assert (numbers.available, numbers.spendable) == (10, 9)

    def test_is_the_team_s_own(self):
        funded_wallet("10")
        outsider = TeamFactory()

        with pytest.raises(NotFound):
            queries.three_numbers(team=outsider)
        with pytest.raises(NotFound):
            queries.wallet(team=outsider)
        assert not queries.transactions(team=outsider).exists()


class TestTheDatabase:
    @pytest.mark.parametrize(
        "change",
        [
            "settled = 'NaN'",
            "usage = 'NaN'",
            "held = 'NaN'",
            "credit_limit = 'NaN'",
            "usage = -1",
            "held = -1",
            "held = 10.000000000001",
            "usage = 10.000000000001",
        ],
    )
    def test_keeps_a_wallet_a_number_above_its_floor(self, change):
        funded_wallet("10")

        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE wallets_wallet SET {change}")

    @pytest.mark.parametrize("statement", ["UPDATE {} SET delta = 1", "DELETE FROM {}", "TRUNCATE {}"])
    def test_keeps_the_transaction_list(self, statement):
        funded_wallet("10")

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; " + statement.format(WalletEntry._meta.db_table))
