"""The verifier finds what it is for: every kind of damage, done on purpose."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection

from billing.rating import services as rating
from billing.rating import verification
from billing.wallets.models import Wallet
from tests.factories.billing import Process, funded_wallet, price_version, ship, usage_event

pytestmark = [pytest.mark.django_db, pytest.mark.breaks_the_books]


@pytest.fixture
def wallet() -> Wallet:
    """A wallet with two entries, a lease and a settled charge."""
    wallet = funded_wallet("10")
    funded_wallet("5", team=wallet.team)
    lease, *_ = Process().draw(wallet, "4")
    ship(usage_event(wallet, price_version(), lease_id=lease, hold=Decimal(2)))
    rating.settle(limit=10)
    return wallet


def damage(statement: str) -> None:
    """Do what only a superuser can: change what the constraints and triggers protect."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


class TestVerify:
    def test_finds_nothing_in_sound_books(self, wallet):
        assert verification.verify() == []

    @pytest.mark.parametrize(
        ("statement", "rule"),
        [
            ("UPDATE wallets_wallet SET settled = 16", "settled = sum of the wallet's entries"),
            ("UPDATE wallets_wallet SET settled = 16", "settled = balance of the wallet's ledger account"),
            (
                "UPDATE ledger_entry SET amount = 11 WHERE amount = 10",
                "settled = balance of the wallet's ledger account",
            ),
            ("DELETE FROM ledger_entry WHERE amount = 10", "a transaction has entries"),
            ("UPDATE wallets_walletentry SET delta = 4 WHERE seq = 2", "a wallet's entry = what its transaction moved"),
            ("DELETE FROM wallets_walletentry WHERE seq = 1", "the entries are numbered without gaps"),
            ("UPDATE wallets_walletentry SET seq = 3 WHERE seq = 2", "the entries are numbered without gaps"),
            (
                "UPDATE wallets_walletentry SET balance_after = 14 WHERE seq = 2",
                "balance after an entry = sum of the entries up to it",
            ),
            ("UPDATE wallets_wallet SET usage = 0.5", "usage = sum of the wallet's charges"),
            ("UPDATE rating_charge SET charged = 0.5", "usage = sum of the wallet's charges"),
            ("DELETE FROM rating_charge", "usage of a period = sum of its charges"),
            ("UPDATE rating_periodusage SET requests = 2", "usage of a period = sum of its charges"),
            ("UPDATE rating_periodusage SET charged = 2", "usage of a period = sum of its charges"),
            ("DELETE FROM rating_periodusage", "usage of a period = sum of its charges"),
            ("UPDATE wallets_wallet SET held = 2", "held = sum of the leases that have not ended"),
            ("UPDATE wallets_lease SET amount = 2", "held = sum of the leases that have not ended"),
            ("UPDATE rating_charge SET wallet_id = gen_random_uuid()", "a charge names a wallet"),
            ("UPDATE rating_charge SET price_id = gen_random_uuid()", "a charge names a wallet"),
            ("UPDATE prices_priceversion SET currency = 'EUR'", "a charge names a wallet"),
        ],
    )
    def test_finds_damage(self, wallet, statement, rule):
        damage(statement)

        assert any(violation.rule.startswith(rule) for violation in verification.verify())

    @pytest.mark.parametrize(
        ("constraint", "statement", "rule"),
        [
            (
                "wallets_wallet DROP CONSTRAINT wallet_is_above_its_floor",
                "UPDATE wallets_wallet SET held = 15",
                "a wallet is above its floor",
            ),
            (
                "rating_charge DROP CONSTRAINT charge_is_within_cost_and_hold",
                "UPDATE rating_charge SET charged = 3",
                "charged <= cost, charged <= hold",
            ),
            (
                "wallets_wallet DROP CONSTRAINT wallet_amounts_are_numbers",
                "UPDATE wallets_wallet SET settled = 'NaN'",
                "every amount is a number",
            ),
            (
                "ledger_entry DROP CONSTRAINT ledger_entry_debit_currency",
                "UPDATE ledger_account SET currency = 'EUR' WHERE kind = 'granted_credit'",
                "debits and credits sum up to zero",
            ),
        ],
    )
    def test_finds_what_a_missing_constraint_let_in(self, wallet, constraint, statement, rule):
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE {constraint}")
        damage(statement)

        assert any(violation.rule.startswith(rule) for violation in verification.verify())


class TestVerifyLedger:
    def test_says_that_the_rules_hold(self, wallet, capsys):
        call_command("verify_ledger")

        assert "rules hold" in capsys.readouterr().out

    def test_names_the_first_broken_row_of_each_rule_and_ends_with_1(self, wallet, capsys):
        damage("UPDATE wallets_wallet SET usage = 0.5")

        with pytest.raises(SystemExit) as ended:
            call_command("verify_ledger")

        assert ended.value.code == 1
        assert f"on no statement yet: {wallet.pk} says 0.5" in capsys.readouterr().err
