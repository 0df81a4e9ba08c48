"""What a role may do that has been given exactly what docs/algorithms/wallets.md, "Rights", says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from billing.rating import services as rating
from tests.factories.billing import Process, funded_wallet, price_version, ship, usage_event

pytestmark = pytest.mark.django_db


def documented_rights() -> str:
    page = (Path(settings.BASE_DIR) / "docs" / "algorithms" / "wallets.md").read_text()
    return "".join(re.findall(r"```sql\n(GRANT.*?)```", page, re.DOTALL))


@pytest.fixture
def roles() -> Iterator[None]:
    """The two roles of the page, in this transaction only."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE marketplace_app; CREATE ROLE marketplace_gateway")
        cursor.execute(documented_rights())
        yield
        cursor.execute("RESET ROLE")


def as_role(role: str, statement: str, arguments: list[object] | None = None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL ROLE {role}")
        cursor.execute(statement, arguments)
        cursor.execute("RESET ROLE")


@pytest.mark.usefixtures("roles")
class TestTheGateway:
    def test_borrows_money_and_hands_events_over(self):
        wallet, process, lease = funded_wallet("10"), Process(), uuid4()
        who = [process.gateway_id, process.incarnation]
        event = usage_event(wallet, price_version(), lease_id=lease)

        as_role("marketplace_gateway", "SELECT lease_draw(%s, %s, %s, %s, 1, 5, 60)", [lease, wallet.pk, *who])
        as_role("marketplace_gateway", "SELECT lease_renew(%s, %s, 60)", who)
        as_role("marketplace_gateway", "SELECT lease_return(%s, 1)", [lease])
        as_role(
            "marketplace_gateway",
            "SELECT attempts_take('g', %s, true)",
            [event.to_bytes().decode()],
        )
        as_role("marketplace_gateway", "SELECT lease_retire(%s, %s)", who)

        assert rating.settle(limit=1).charges == 1

    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT * FROM wallets_wallet",
            "UPDATE wallets_wallet SET settled = 1000000",
            "UPDATE wallets_lease SET amount = 0",
            "SELECT payload FROM rating_usageinbox",
            "INSERT INTO ledger_entry DEFAULT VALUES",
            "SELECT lease_release_retired(1)",
            "SELECT * FROM users_user",
        ],
    )
    def test_reaches_nothing_else(self, statement):
        with pytest.raises(DatabaseError, match="permission denied"):
            as_role("marketplace_gateway", statement)

    @pytest.mark.breaks_the_books
    def test_is_not_led_astray_by_a_table_of_the_same_name(self):
        wallet, process = funded_wallet("1"), Process()
        amounts = ", ".join(f"{name} numeric" for name in ("settled", "usage", "held", "credit_limit"))
        as_role("marketplace_gateway", f"CREATE TEMPORARY TABLE wallets_wallet (id uuid, {amounts})")
        as_role("marketplace_gateway", "INSERT INTO pg_temp.wallets_wallet VALUES (%s, 1000, 0, 0, 0)", [wallet.pk])

        _, granted, _ = process.draw(wallet, "500", minimum="0")

        assert granted == 1


@pytest.mark.usefixtures("roles")
class TestTheApplication:
    @pytest.mark.parametrize(
        "table", ["ledger_transaction", "ledger_entry", "ledger_account", "wallets_walletentry", "prices_priceversion"]
    )
    @pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_cannot_change_what_is_booked_even_without_the_triggers(self, table, statement):
        with pytest.raises(DatabaseError, match="permission denied"):
            as_role("marketplace_app", statement.format(table))

    @pytest.mark.parametrize(
        "statement",
        [
            "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
            "SET session_replication_role = replica",
            "DELETE FROM rating_charge",
            "TRUNCATE rating_charge",
        ],
    )
    def test_cannot_put_the_rules_aside(self, statement):
        with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
            as_role("marketplace_app", statement)

    def test_settles(self):
        wallet, price = funded_wallet("10"), price_version()
        ship(usage_event(wallet, price))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL ROLE marketplace_app")

        assert rating.settle(limit=1).charges == 1
        rating.end_leases()
