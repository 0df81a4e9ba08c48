"""What is frozen stays: triggers refuse changes, whoever asks; numbers have no gaps."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from billing.ledger.models import TransactionKind
from billing.statements import services as statements
from billing.statements.models import FileKind, Statement, StatementCounter, StatementFile, StatementLine
from billing.wallets.models import Wallet
from tests.factories.accounts import TeamFactory
from tests.factories.statements import at, closed, moved, opened, used

pytestmark = pytest.mark.django_db
NOW = at("2026-10-02 12:00")


@pytest.fixture
def statement(wallet) -> Statement:
    moved(wallet, "50", TransactionKind.TOP_UP, at("2026-09-10 12:00"))
    used(wallet, 2, at("2026-09-11 12:00"))
    [statement] = closed(wallet, NOW)
    statements.write_file(statement=statement, kind=FileKind.CSV, content=b"a;b", now=NOW)
    return statement


def run(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql)


class TestRows:
    @pytest.mark.parametrize("table", ["statement", "statementline", "statementfile"])
    @pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_are_never_changed(self, statement, table, change):
        with pytest.raises(IntegrityError, match="append-only"):
            run(change.format(f"statements_{table}"))

    def test_are_never_changed_through_the_models(self, statement):
        for model, column in ((Statement, "usage"), (StatementLine, "net"), (StatementFile, "size")):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                model.objects.update(**{column: 0})

    def test_are_not_added_to_a_statement_that_was_issued(self, statement):
        with pytest.raises(IntegrityError, match="not the sum of its lines"):
            run(
                "INSERT INTO statements_statementline (statement_id, position, kind, service_name, enrollment_code,"
                " channel, late_months, requests, metrics, listed, covered, discounted, waived, net, promotions)"
                f" VALUES ('{statement.pk}', 9, 'usage', 'X', '', '', '[]', 0, '{{}}', 0, 0, 0, 0, 0, '[]')"
            )

    @pytest.mark.parametrize("column", ["usage", "closing_balance", "listed"])
    def test_add_up_or_are_refused(self, statement, column):
        names = [field.column for field in Statement._meta.concrete_fields]
        changed = {
            "id": "gen_random_uuid()",
            "number": "'x'",
            "serial": "2",
            "period": "date '2026-10-01'",
            "transaction_id": "NULL",
            column: f"{column} + 1",
        }
        values = ", ".join(changed.get(name, name) for name in names)

        with pytest.raises(IntegrityError):
            run(f"INSERT INTO statements_statement ({', '.join(names)}) SELECT {values} FROM statements_statement")


class TestFiles:
    def test_are_written_once(self, statement):
        again = statements.write_file(statement=statement, kind=FileKind.CSV, content=b"a;b", now=NOW)

        assert StatementFile.objects.get() == again

    def test_that_come_out_different_are_refused(self, statement):
        with pytest.raises(statements.FileDiffers, match="stays as it is stored"):
            statements.write_file(statement=statement, kind=FileKind.CSV, content=b"a;c", now=NOW)

        assert bytes(StatementFile.objects.get().content) == b"a;b"

    def test_have_the_hash_that_is_noted(self, statement):
        with pytest.raises(IntegrityError, match="statement_file_is_what_its_hash_says"):
            run(
                "INSERT INTO statements_statementfile (statement_id, kind, sha256, size, content, written_at)"
                f" VALUES ('{statement.pk}', 'pdf', '{'0' * 64}', 3, 'abc', now())"
            )


class TestNumbers:
    def test_count_the_statements_of_a_year(self):
        for month in ("2026-11", "2026-12"):
            wallet = opened(TeamFactory(), at(f"{month}-10 12:00"))
            moved(wallet, "5", TransactionKind.TOP_UP, at(f"{month}-10 12:00"))
        for when in ("2026-12-02 12:00", "2027-01-02 12:00"):
            for wallet in Wallet.objects.order_by("created_at"):
                closed(wallet, at(when))

        assert list(Statement.objects.order_by("issued_at", "serial").values_list("number", flat=True)) == [
            "2026-000001",
            "2027-000001",
            "2027-000002",
        ]

    def test_of_closings_that_fail_are_given_again(self, wallet, monkeypatch):
        moved(wallet, "50", TransactionKind.TOP_UP, at("2026-09-10 12:00"))
        used(wallet, 2, at("2026-09-11 12:00"))
        with monkeypatch.context() as patch:
            patch.setattr("billing.statements.services.closing.StatementLine.objects.bulk_create", _fail)
            with pytest.raises(RuntimeError):
                closed(wallet, NOW)

        assert not StatementCounter.objects.exists()
        assert [each.number for each in closed(wallet, NOW)] == ["2026-000001"]


def _fail(*_: object) -> None:
    raise RuntimeError("the disk is full")
