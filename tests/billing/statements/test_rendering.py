"""A frozen statement gets its files once, and the customer is told when they are there."""

from __future__ import annotations

import hashlib
import sys
from importlib.abc import MetaPathFinder

import pytest
from django.core import mail

from accounts.teams.models import Membership, Role
from accounts.users.models import User
from billing.ledger.models import TransactionKind
from billing.statements import queries, tasks
from billing.statements import services as statements
from billing.statements.models import Statement, StatementFile
from billing.statements.services import rendering
from tests.factories.accounts import TeamFactory, UserFactory, owner_of
from tests.factories.statements import at, closed, moved, opened, used
from tests.fakes import mails

pytestmark = pytest.mark.django_db
NOW = at("2026-10-02 12:00")


class WithoutPango(MetaPathFinder):
    """A machine on which WeasyPrint does not find its libraries."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "common.pdf.engine":
            raise OSError("cannot load library 'libpango-1.0-0'")


@pytest.fixture
def statement(wallet) -> Statement:
    moved(wallet, "50", TransactionKind.TOP_UP, at("2026-09-10 12:00"))
    used(wallet, "2.0004", at("2026-09-11 12:00"))
    [statement] = closed(wallet, NOW)
    return statement


class TestFiles:
    def test_are_all_written_with_their_hashes(self, statement):
        files = statements.render(statement=statement, now=NOW)

        assert {file.kind for file in files} == {"pdf", "xml", "csv", "json"}
        assert all(hashlib.sha256(bytes(file.content)).hexdigest() == file.sha256 for file in files)
        assert {file.name for file in files} == {
            f"statement-2026-000001.{kind}" for kind in ("pdf", "xml", "csv", "json")
        }

    def test_are_not_rendered_again(self, statement):
        first = statements.render(statement=statement, now=NOW)

        second = statements.render(statement=statement, now=at("2027-01-01 12:00"))

        assert {file.pk for file in first} == {file.pk for file in second}

    def test_come_out_the_same_from_the_frozen_rows(self, statement):
        """Whatever has changed since: the customer's name, usage that came late, the next month."""
        before = {file.kind: file.sha256 for file in statements.render(statement=statement, now=NOW)}
        type(statement.team).objects.update(display_name="Another name")
        used(statement.wallet, 3, at("2026-09-12 12:00"))
        closed(statement.wallet, at("2026-11-02 12:00"))

        again = rendering.rendered(Statement.objects.get(pk=statement.pk))

        assert {kind: hashlib.sha256(content).hexdigest() for kind, content in again} == before

    def test_lack_the_invoice_when_nothing_was_sold(self, wallet):
        moved(wallet, "50", TransactionKind.TOP_UP, at("2026-09-10 12:00"))
        [statement] = closed(wallet, NOW)

        assert {file.kind for file in statements.render(statement=statement, now=NOW)} == {"pdf", "csv", "json"}
        assert list(queries.without_files()) == []

    def test_but_the_pdf_are_written_without_its_libraries(self, statement, monkeypatch):
        monkeypatch.delitem(sys.modules, "common.pdf.engine", raising=False)
        monkeypatch.delattr("common.pdf.engine", raising=False)
        monkeypatch.setattr(sys, "meta_path", [WithoutPango(), *sys.meta_path])

        files = statements.render(statement=statement, now=NOW)

        assert {file.kind for file in files} == {"xml", "csv", "json"}
        assert list(queries.without_files()) == [statement]


class TestMail:
    def test_tells_those_who_pay_when_the_pdf_is_there(self, statement, django_capture_on_commit_callbacks, settings):
        settings.SITE_URL = "https://market.example"
        team = statement.team
        for role in (Role.BILLING, Role.DEVELOPER, Role.VIEWER):
            Membership.objects.create(team=team, user=UserFactory(email=f"{role}@buyer.example"), role=role)

        with django_capture_on_commit_callbacks(execute=True):
            statements.render(statement=statement, now=NOW)

        assert {to for message in mail.outbox for to in message.to} == {"billing@buyer.example", owner_of(team).email}
        message = mail.outbox[0]
        assert message.subject == "Your statement for September 2026"
        assert [link.path for link in mails.opened(message.body)] == ["/statements/2026-000001"]
        [(html, _)] = message.alternatives
        assert 'href="https://market.example/teams/open/' in html
        assert "2.0004 USD" in message.body

    def test_is_sent_once(self, statement, django_capture_on_commit_callbacks):
        for _ in range(2):
            with django_capture_on_commit_callbacks(execute=True):
                statements.render(statement=statement, now=NOW)

        assert len({tuple(message.to) for message in mail.outbox}) == len(mail.outbox)

    def test_is_not_sent_for_a_month_in_which_nothing_happened(self, wallet, django_capture_on_commit_callbacks):
        moved(wallet, "50", TransactionKind.TOP_UP, at("2026-09-10 12:00"))
        _, quiet = closed(wallet, at("2026-11-02 12:00"))

        with django_capture_on_commit_callbacks(execute=True):
            statements.render(statement=quiet, now=NOW)

        assert mail.outbox == []

    def test_goes_to_the_teams_address_when_nobody_has_the_role(self):
        team = TeamFactory(contact_email="office@buyer.example")
        User.objects.filter(memberships__team=team).update(is_active=False)

        assert queries.recipients(team=team) == ["office@buyer.example"]


class TestSweep:
    def test_closes_what_has_ended_and_renders_what_is_missing(self, monkeypatch, statement):
        sent: list[tuple[str, dict[str, object]]] = []
        monkeypatch.setattr(tasks.jobs, "enqueue", lambda name, **arguments: sent.append((name, arguments)))
        other = opened(TeamFactory(), at("2026-01-10 12:00"))

        tasks.sweep()

        assert ("billing.statements.close", {"wallet_id": str(other.pk)}) in sent
        assert ("billing.statements.render", {"statement_id": str(statement.pk)}) in sent

    def test_of_a_wallet_closes_and_renders_it(self, wallet, django_capture_on_commit_callbacks):
        moved(wallet, "50", TransactionKind.TOP_UP, at("2026-09-10 12:00"))

        with django_capture_on_commit_callbacks(execute=True):
            tasks.close(wallet_id=str(wallet.pk))

        assert Statement.objects.filter(wallet=wallet).exists()
        assert StatementFile.objects.filter(kind="pdf").exists()
