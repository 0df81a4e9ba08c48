"""One list of inquiries, tickets and disputes: order, filters, pages, and whose they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from common.errors import Invalid
from marketplace.conversations import queries
from marketplace.conversations.queries import Filters
from marketplace.disputes import services as disputes
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.marketplace import make_service
from tests.marketplace.conversations.conftest import NOON, asked, say, unread
from tests.marketplace.disputes.conftest import charged

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(db):
    return make_service(offering={"payout_price": {"type": "revenue_share", "percentage": "70"}})


@pytest.fixture
def dispute(buyer, service):
    charge = charged(buyer, service, 3)
    return disputes.open(
        team=buyer, charge=charge, text="No answer came", by=owner_of(buyer), now=timezone.now() + timedelta(days=1)
    )


def listed(team, limit=25, **filters) -> list[str]:
    return [row.subject for row in queries.inbox(team=team, filters=Filters(**filters), limit=limit).rows]


class TestInbox:
    def test_holds_all_kinds_by_their_last_change(self, buyer, seller, service, inquiry, ticket, dispute):
        say(inquiry, seller, now=NOON + timedelta(hours=1))

        assert listed(buyer) == [f"Dispute about {service}", "Regions?", "No mail comes"]
        assert listed(seller) == [f"Dispute about {service}", "Regions?"]
        assert listed(TeamFactory()) == []

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({"kind": "ticket"}, ["No mail comes"]),
            ({"kind": "dispute"}, ["Dispute"]),
            ({"status": "answered"}, ["Regions?"]),
            ({"status": "closed"}, []),
            ({"words": "SINCE mon"}, ["No mail comes"]),
            ({"words": "no answer"}, ["Dispute"]),
            ({"words": "regions"}, ["Regions?"]),
            ({"words": "%"}, []),
            ({"is_unread": True}, ["Regions?"]),
        ],
    )
    def test_is_narrowed(self, buyer, seller, inquiry, ticket, dispute, filters, found):
        say(inquiry, seller, now=NOON + timedelta(hours=1))

        assert [subject.split(" about")[0] for subject in listed(buyer, **filters)] == found

    def test_goes_on_where_a_page_ends(self, buyer, service, dispute):
        for number in range(4):
            asked(buyer, service, subject=f"Question {number}", now=NOON + timedelta(minutes=number // 2))
        whole, cursor, pages = listed(buyer), "", []
        for _ in range(3):
            page = queries.inbox(team=buyer, filters=Filters(after=cursor), limit=2)
            pages += [row.subject for row in page.rows]
            cursor = page.next_cursor or ""

        assert pages == whole
        assert len(set(whole)) == 5
        assert cursor == ""

    def test_refuses_a_cursor_of_nobody(self, buyer):
        with pytest.raises(Invalid):
            listed(buyer, after="bm9uc2Vuc2U=")


class TestUnread:
    def test_counts_threads_of_every_kind(self, buyer, seller, inquiry, ticket, dispute):
        say(inquiry, seller)
        say(inquiry, seller)
        say(ticket, None)
        disputes.write(dispute=dispute, side="seller", text="Which?", by=owner_of(seller), now=dispute.opened_at)

        assert unread(buyer) == 2 + 0
        assert unread(seller) == 1

    def test_forgets_a_dispute_that_was_read(self, buyer, seller, dispute):
        assert unread(seller) == 1
        disputes.mark_seen(dispute=dispute, side="seller", now=dispute.opened_at)
        assert unread(seller) == 0

    def test_is_counted_to_a_hundred(self, seller, buyer, service, settings, inquiry):
        settings.CONVERSATIONS_PER_DAY = settings.MESSAGES_PER_HOUR = 1000
        for _ in range(102):
            asked(buyer, service)

        assert unread(seller) == 100
