"""Posting, reversing, and what the database itself refuses."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from billing.ledger import queries
from billing.ledger import services as ledger
from billing.ledger.models import Account, AccountKind, Entry, Transaction, TransactionKind
from domain.money import Money
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON, usd

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank() -> Account:
    return ledger.account(kind=AccountKind.BANK, currency="USD")


@pytest.fixture
def purse() -> Account:
    return ledger.account(kind=AccountKind.WALLET, currency="USD", owner=TeamFactory())


def paid(bank: Account, purse: Account, amount: Money, key: str = "payment-1") -> tuple[Transaction, bool]:
    return ledger.post(
        key=key,
        kind=TransactionKind.PAYMENT,
        movements=[ledger.Movement(debit=bank, credit=purse, amount=amount)],
        effective_at=NOON,
    )


def refused_by_the_database(statement: str, arguments: list[object] | None = None) -> str:
    with pytest.raises(DatabaseError) as raised, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {statement}", arguments)
    return str(raised.value)


class TestPost:
    def test_moves_an_amount_from_one_account_to_another(self, bank, purse):
        paid(bank, purse, usd("25.000000000001"))

        assert queries.balance(purse) == Decimal("25.000000000001")
        assert queries.balance(bank) == Decimal("-25.000000000001")

    def test_writes_one_transaction_per_key(self, bank, purse):
        first, was_written = paid(bank, purse, usd("25"))
        second, was_written_again = paid(bank, purse, usd("25"))

        assert (was_written, was_written_again) == (True, False)
        assert first == second
        assert queries.balance(purse) == 25

    def test_refuses_a_key_that_comes_back_with_other_content(self, bank, purse):
        paid(bank, purse, usd("25"))

        with pytest.raises(ledger.KeyReused):
            paid(bank, purse, usd("26"))

    def test_refuses_another_currency_than_the_account_s(self, bank, purse):
        with pytest.raises(ledger.CurrencyMismatch):
            paid(bank, purse, Money(Decimal(1), "EUR"))


class TestReverse:
    def test_undoes_a_transaction_and_names_it(self, bank, purse):
        original, _ = paid(bank, purse, usd("25"))

        reversal = ledger.reverse(original=original, effective_at=NOON, memo="Entered twice")

        assert reversal.reverses == original
        assert queries.balance(purse) == 0
        assert Entry.objects.count() == 2

    def test_undoes_it_once(self, bank, purse):
        original, _ = paid(bank, purse, usd("25"))
        ledger.reverse(original=original, effective_at=NOON, memo="")

        with pytest.raises(ledger.AlreadyReversed):
            ledger.reverse(original=original, effective_at=NOON, memo="")


class TestTheDatabase:
    @pytest.mark.parametrize("table", ["ledger_transaction", "ledger_entry"])
    @pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_refuses_to_change_or_remove_what_is_posted(self, bank, purse, table, statement):
        paid(bank, purse, usd("25"))

        assert "append-only" in refused_by_the_database(statement.format(table))

    @pytest.mark.parametrize("amount", ["NaN", "0", "-1", "Infinity"])
    def test_refuses_amounts_that_are_no_positive_numbers(self, bank, purse, amount):
        original, _ = paid(bank, purse, usd("25"))

        refused_by_the_database(
            "INSERT INTO ledger_entry (transaction_id, debit_id, credit_id, currency, amount)"
            " VALUES (%s, %s, %s, 'USD', %s::numeric)",
            [original.pk, bank.pk, purse.pk, amount],
        )

    def test_refuses_an_entry_between_two_currencies(self, bank, purse):
        original, _ = paid(bank, purse, usd("25"))
        euros = ledger.account(kind=AccountKind.BANK, currency="EUR")

        message = refused_by_the_database(
            "INSERT INTO ledger_entry (transaction_id, debit_id, credit_id, currency, amount)"
            " VALUES (%s, %s, %s, 'USD', 1)",
            [original.pk, euros.pk, purse.pk],
        )

        assert "ledger_entry_debit_currency" in message

    def test_refuses_a_second_account_of_the_same_kind(self, bank):
        message = refused_by_the_database(
            "INSERT INTO ledger_account (id, kind, currency, created_at)"
            " VALUES (gen_random_uuid(), 'bank', 'USD', now())"
        )

        assert "ledger_account_once" in message
