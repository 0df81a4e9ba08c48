"""Proves the wallets from entries, charges and leases. Every query must return nothing, at every committed instant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.module_loading import module_has_submodule
from psycopg import sql

from billing.rating.charge_rules import CHARGE_RULES


@dataclass(frozen=True, slots=True)
class Violation:
    """The first row that breaks a rule. found: what the row says; proven: what the rows behind it sum up to."""

    rule: str
    row: str
    found: str
    proven: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.row} says {self.found}, proven {self.proven}"


#: rule -> a query of (row, found, proven) that returns the rows that break it.
RULES = {
    "settled = sum of the wallet's entries": """
        SELECT w.id::text, w.settled, coalesce(e.total, 0) FROM wallets_wallet w
          LEFT JOIN (SELECT wallet_id, sum(delta) AS total FROM wallets_walletentry GROUP BY 1) e ON e.wallet_id = w.id
         WHERE w.settled IS DISTINCT FROM coalesce(e.total, 0)""",
    "settled = balance of the wallet's ledger account": """
        SELECT w.id::text, w.settled, coalesce(b.total, 0) FROM wallets_wallet w
          LEFT JOIN (
              SELECT account, sum(amount) AS total FROM (
                  SELECT credit_id AS account, amount FROM ledger_entry
                  UNION ALL SELECT debit_id, -amount FROM ledger_entry) AS sides GROUP BY 1
          ) b ON b.account = w.account_id
         WHERE w.settled IS DISTINCT FROM coalesce(b.total, 0)""",
    "a wallet's entry = what its transaction moved": """
        SELECT e.wallet_id || '/' || e.seq, e.delta, coalesce(m.moved, 0) FROM wallets_walletentry e
          JOIN wallets_wallet w ON w.id = e.wallet_id
          LEFT JOIN LATERAL (
              SELECT sum(CASE WHEN l.credit_id = w.account_id THEN l.amount ELSE -l.amount END) AS moved
                FROM ledger_entry l
               WHERE l.transaction_id = e.transaction_id AND w.account_id IN (l.credit_id, l.debit_id)
          ) m ON true
         WHERE e.delta IS DISTINCT FROM coalesce(m.moved, 0)""",
    "the entries are numbered without gaps": """
        SELECT w.id::text, w.seq, e.last || ' in ' || e.number FROM wallets_wallet w
          CROSS JOIN LATERAL (
              SELECT count(*) AS number, coalesce(max(seq), 0) AS last
                FROM wallets_walletentry x WHERE x.wallet_id = w.id
          ) e
         WHERE w.seq <> e.number OR w.seq <> e.last""",
    "balance after an entry = sum of the entries up to it": """
        SELECT wallet_id || '/' || seq, balance_after, running FROM (
            SELECT *, sum(delta) OVER (PARTITION BY wallet_id ORDER BY seq) AS running FROM wallets_walletentry
        ) AS entries WHERE balance_after IS DISTINCT FROM running""",
    "usage = sum of the wallet's charges that are on no statement yet": """
        SELECT w.id::text, w.usage, coalesce(c.total, 0) FROM wallets_wallet w
          LEFT JOIN (
              SELECT x.id, sum(charged) AS total FROM rating_charge
                JOIN wallets_wallet x ON x.id = wallet_id AND (x.open_period IS NULL OR period >= x.open_period)
               GROUP BY 1
          ) c ON c.id = w.id
         WHERE w.usage IS DISTINCT FROM coalesce(c.total, 0)""",
    "held = sum of the leases that have not ended": """
        SELECT w.id::text, w.held, coalesce(l.total, 0) FROM wallets_wallet w
          LEFT JOIN (SELECT wallet_id, sum(amount) AS total FROM wallets_lease
                      WHERE state IN ('open', 'retired') GROUP BY 1) l ON l.wallet_id = w.id
         WHERE w.held IS DISTINCT FROM coalesce(l.total, 0)""",
    "a wallet is above its floor": """
        SELECT id::text, settled - usage - held, -credit_limit - overdrawn FROM wallets_wallet
         WHERE NOT settled - usage - held >= -credit_limit - overdrawn""",
    "overdrawn = how far the wallet is below its floor, by payments taken back": """
        SELECT w.id::text, w.overdrawn,
               least(greatest(w.usage + w.held - w.credit_limit - w.settled, 0), coalesce(t.total, 0))
          FROM wallets_wallet w
          LEFT JOIN (
              SELECT e.wallet_id, -sum(e.delta) AS total FROM wallets_walletentry e
                JOIN ledger_transaction t ON t.id = e.transaction_id
                LEFT JOIN ledger_transaction o ON o.id = t.reverses_id
               WHERE coalesce(o.kind, t.kind) IN ('chargeback', 'refund') GROUP BY 1
          ) t ON t.wallet_id = w.id
         WHERE w.overdrawn > 0 AND w.overdrawn IS DISTINCT FROM
               least(greatest(w.usage + w.held - w.credit_limit - w.settled, 0), coalesce(t.total, 0))""",
    "charged <= cost, charged <= hold, loss = cost - charged": """
        SELECT event_id::text, charged, least(cost, hold) FROM rating_charge
         WHERE NOT (charged BETWEEN 0 AND least(cost, hold) AND loss = cost - charged)""",
    "a charge names a wallet, its team and a price in its currency": """
        SELECT c.event_id::text, c.wallet_id::text, w.id::text FROM rating_charge c
          LEFT JOIN wallets_wallet w ON w.id = c.wallet_id AND w.team_id = c.team_id
          LEFT JOIN prices_priceversion p ON p.id = c.price_id
         WHERE w.id IS NULL OR (c.state = 'charged' AND c.cost > 0 AND p.currency IS DISTINCT FROM w.currency)""",
    "debits and credits sum up to zero per currency": """
        SELECT currency, sum(amount), 0 FROM (
            SELECT a.currency, e.amount FROM ledger_entry e JOIN ledger_account a ON a.id = e.credit_id
            UNION ALL SELECT a.currency, -e.amount FROM ledger_entry e JOIN ledger_account a ON a.id = e.debit_id
        ) AS sides GROUP BY 1 HAVING sum(amount) IS DISTINCT FROM 0""",
    "a transaction has entries": """
        SELECT t.id::text, 0, 1 FROM ledger_transaction t
         WHERE NOT EXISTS (SELECT FROM ledger_entry e WHERE e.transaction_id = t.id)""",
    **CHARGE_RULES,
}


_NUMERIC_COLUMNS = """
    SELECT table_name, column_name FROM information_schema.columns
     WHERE table_schema = current_schema() AND data_type IN ('numeric', 'double precision', 'real')
     ORDER BY table_name, column_name
"""


def verify() -> list[Violation]:
    """Return the first row that breaks each rule, all read in one snapshot. Empty: the books are right.

    Inside of a transaction it reads what that sees.
    """
    has_own_transaction = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if has_own_transaction:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return [*_broken_rules(cursor), *_not_finite(cursor)]


def all_rules() -> dict[str, str]:
    """Return the rules here and those of every app that has a module `verification` with RULES of its own."""
    found = dict(RULES)
    for app in apps.get_app_configs():
        if app.module and module_has_submodule(app.module, "verification"):
            found |= import_module(f"{app.name}.verification").RULES
    return found


def _broken_rules(cursor: CursorWrapper) -> Iterator[Violation]:
    for rule, query in all_rules().items():
        cursor.execute(f"{query} ORDER BY 1 LIMIT 1")
        if row := cursor.fetchone():
            yield Violation(rule, *(str(value) for value in row))


def _not_finite(cursor: CursorWrapper) -> Iterator[Violation]:
    """Look into every numeric column that there is: NaN and infinity stand nowhere."""
    cursor.execute(_NUMERIC_COLUMNS)
    for table, column in cursor.fetchall():
        condition = sql.SQL("{column}::text IN ('NaN', 'Infinity', '-Infinity')").format(column=sql.Identifier(column))
        query = sql.SQL("SELECT {column}::text FROM {table} WHERE {condition} LIMIT 1").format(
            column=sql.Identifier(column), table=sql.Identifier(table), condition=condition
        )
        cursor.execute(query)
        if row := cursor.fetchone():
            yield Violation("every amount is a number", f"{table}.{column}", row[0], "a number")
