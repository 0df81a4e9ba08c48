"""API keys: shown once, stored as an HMAC, refused once revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from accounts.teams.models import Role, Team
from billing.wallets.models import Wallet
from common.errors import NotFound
from domain import api_keys
from gateway_admin.api_keys import queries, services
from gateway_admin.api_keys.models import ApiKey
from gateway_admin.publishing import queries as published
from tests.factories.accounts import TeamFactory, owner_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer() -> Team:
    return TeamFactory()


def issue(team: Team, **changes) -> tuple[ApiKey, str]:
    values = {"role": Role.DEVELOPER, "name": "laptop", "by": owner_of(team), "now": NOW}
    return services.issue(team=team, **{**values, **changes})


class TestIssue:
    def test_returns_the_only_copy_of_the_key(self, buyer):
        key, raw = issue(buyer)
        assert api_keys.is_well_formed(raw)
        stored = ApiKey.objects.filter(pk=key.pk).values().get()
        assert raw not in str(stored)
        assert raw.startswith(stored["prefix"])

    def test_tells_the_gateway(self, buyer):
        key, _ = issue(buyer)
        record = published.body("api_key", key.digest)
        assert (record["team_id"], record["may_call"]) == (str(buyer.pk), True)

    def test_opens_the_customers_wallet(self, buyer):
        issue(buyer)
        record = published.body("customer", str(buyer.pk))
        assert record["wallets"] == {"USD": str(Wallet.objects.get(team=buyer).pk)}

    @pytest.mark.parametrize(
        ("role", "may_call"), [(Role.OWNER, True), (Role.DEVELOPER, True), (Role.BILLING, False), (Role.VIEWER, False)]
    )
    def test_gives_the_key_what_its_role_may_do(self, buyer, role, may_call):
        key, _ = issue(buyer, role=role)
        assert published.body("api_key", key.digest)["may_call"] is may_call

    def test_refuses_a_time_that_has_passed(self, buyer):
        with pytest.raises(services.ExpiryInThePast):
            issue(buyer, expires_at=NOW - timedelta(seconds=1))


class TestAuthenticate:
    def test_finds_a_live_key(self, buyer):
        key, raw = issue(buyer)
        assert queries.authenticate(raw, NOW) == key

    def test_does_not_find_a_revoked_key(self, buyer):
        key, raw = issue(buyer)
        services.revoke(key=key, now=NOW)
        assert queries.authenticate(raw, NOW) is None

    def test_does_not_find_an_expired_key(self, buyer):
        _, raw = issue(buyer, expires_at=NOW + timedelta(hours=1))
        assert queries.authenticate(raw, NOW + timedelta(minutes=59)) is not None
        assert queries.authenticate(raw, NOW + timedelta(hours=1)) is None

    def test_asks_the_database_nothing_for_a_mistyped_key(self, buyer, django_assert_num_queries):
        _, raw = issue(buyer)
        with django_assert_num_queries(0):
            assert queries.authenticate(raw[:-1] + ("x" if raw[-1] != "x" else "y"), NOW) is None


class TestRevoke:
    def test_withdraws_the_published_record(self, buyer):
        key, _ = issue(buyer)
        services.revoke(key=key, now=NOW)
        assert published.body("api_key", key.digest) is None

    def test_keeps_the_first_time_when_repeated(self, buyer):
        key, _ = issue(buyer)
        services.revoke(key=key, now=NOW)
        assert services.revoke(key=key, now=NOW + timedelta(days=1)).revoked_at == NOW


class TestQueries:
    def test_hide_another_teams_key(self, buyer):
        key, _ = issue(buyer)
        with pytest.raises(NotFound):
            queries.key(team=TeamFactory(), key_id=key.pk)


class TestMarkUsed:
    def test_writes_at_most_once_a_minute(self, buyer):
        key, _ = issue(buyer)
        with connection.cursor() as cursor:
            cursor.execute("SELECT api_keys_mark_used(%s::uuid[])", [[str(key.pk)]])
        key.refresh_from_db()
        first = key.last_used_at
        with connection.cursor() as cursor:
            cursor.execute("SELECT api_keys_mark_used(%s::uuid[])", [[str(key.pk)]])
        key.refresh_from_db()
        assert first is not None
        assert key.last_used_at == first


class TestCreateAccount:
    @pytest.mark.parametrize("kind", ["customer", "seller"])
    def test_prints_a_key_that_works(self, kind):
        out = StringIO()
        call_command("create_account", kind, "acme", stdout=out)
        key = queries.authenticate(out.getvalue().strip(), datetime.now(UTC))
        assert key is not None
        assert (key.team.name, key.team.kind) == ("acme", kind)

    def test_prints_another_key_when_repeated(self):
        first, second = StringIO(), StringIO()
        call_command("create_account", "customer", "acme", stdout=first)
        call_command("create_account", "customer", "acme", stdout=second)
        assert first.getvalue() != second.getvalue()
        assert Team.objects.filter(name="acme").count() == 1

    def test_refuses_a_name_of_the_other_kind(self):
        call_command("create_account", "customer", "acme", stdout=StringIO())
        with pytest.raises(CommandError, match="is a customer account"):
            call_command("create_account", "seller", "acme", stdout=StringIO())
