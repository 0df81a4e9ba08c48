"""Price rules: stored under their names, their codes made once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from billing.promotions import queries, services
from tests.factories.accounts import TeamFactory

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CONTENT = {"name": "summer", "pricing": {"type": "multiply", "factor": "0.80"}, "status": "active"}
pytestmark = pytest.mark.django_db


def store(owner, **changes):
    return services.store(owner=owner, content={**CONTENT, **changes}, by=None, now=NOW)


class TestStore:
    def test_creates_then_finds_nothing_changed_then_updates(self):
        seller = TeamFactory(seller=True)
        outcomes = [store(seller)[1], store(seller)[1], store(seller, priority=3)[1]]
        assert outcomes == ["created", "unchanged", "updated"]
        assert queries.price_rules(team=seller).get().priority == 3

    def test_keeps_a_generated_code_on_every_upload(self):
        seller = TeamFactory(seller=True)
        scope = {"customers": {"code": "{{ promotion_code(8) }}"}}
        first, _ = store(seller, scope=scope)
        again, outcome = store(seller, scope=scope)
        assert (len(first.code), again.code, outcome) == (8, first.code, "unchanged")

    def test_takes_a_written_code(self):
        rule, _ = store(TeamFactory(seller=True), scope={"customers": {"code": "WELCOME"}})
        assert (rule.code, rule.requires_redemption) == ("WELCOME", True)

    @pytest.mark.parametrize("written", ["2026-12-31", "2026-12-31T00:00:00", "2026-12-31T01:00:00+01:00"])
    def test_ends_in_utc_when_the_file_names_no_offset(self, written):
        seller = TeamFactory(seller=True)

        outcomes = [store(seller, expires_at=written)[1] for _ in range(2)]

        assert outcomes == ["created", "unchanged"]
        assert queries.price_rules(team=seller).get().expires_at == datetime(2026, 12, 31, tzinfo=UTC)

    def test_refuses_the_code_of_another_promotion(self):
        scope = {"customers": {"code": "WELCOME"}}
        store(TeamFactory(seller=True), scope=scope)
        with pytest.raises(services.PromotionCodeTaken):
            store(TeamFactory(seller=True), scope=scope)

    def test_lets_two_sellers_use_one_name(self):
        assert [store(TeamFactory(seller=True))[1] for _ in range(2)] == ["created", "created"]
