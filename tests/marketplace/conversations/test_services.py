"""Asking, answering, closing, reading; what is refused; and what the database holds by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from common.errors import Invalid
from marketplace.attachments.kinds import AttachmentRefused
from marketplace.attachments.services import AttachmentTooLarge, TooManyAttachments
from marketplace.conversations import queries
from marketplace.conversations import services as conversations
from marketplace.conversations.models import Attachment, Conversation, Message, Side
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.marketplace import make_service
from tests.marketplace.conversations.conftest import NOON, PNG, asked, paper, say, unread

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=5)


class TestAsking:
    def test_begins_a_thread_that_is_news_to_the_seller_alone(self, inquiry, buyer, seller):
        assert (inquiry.status, inquiry.kind, inquiry.seller) == ("open", "inquiry", seller)
        assert (unread(seller), unread(buyer)) == (1, 0)

    def test_is_for_customers(self, service):
        with pytest.raises(conversations.AskAsCustomer):
            asked(TeamFactory(seller=True), service)

    def test_is_not_for_its_own_seller_who_is_told_where_questions_are(self, service, seller):
        with pytest.raises(conversations.AskAsCustomer, match="This service is yours"):
            asked(seller, service)

    @pytest.mark.parametrize(("subject", "text"), [(" ", "x"), ("x", " \n"), ("x", "y" * 10_001)])
    def test_needs_words(self, buyer, service, subject, text):
        with pytest.raises(Invalid):
            asked(buyer, service, subject=subject, text=text)
        assert not Conversation.objects.exists()


class TestWriting:
    def test_goes_to_and_fro(self, inquiry, buyer, seller):
        say(inquiry, seller, now=LATER)
        inquiry.refresh_from_db()
        assert (inquiry.status, unread(buyer)) == ("answered", 1)

        say(inquiry, buyer, "Thanks. And in Asia?", now=LATER)

        inquiry.refresh_from_db()
        assert inquiry.status == "open"
        assert [each.side for each in queries.messages(inquiry)] == ["asker", "seller", "asker"]

    def test_is_refused_once_the_thread_is_closed(self, inquiry, buyer, seller):
        conversations.close(conversation=inquiry, side=Side.SELLER, team=seller, by=owner_of(seller), now=LATER)

        with pytest.raises(conversations.ConversationClosed):
            say(inquiry, buyer)

    def test_keeps_the_order_of_lines_whose_clocks_run_apart(self, inquiry, buyer, seller):
        say(inquiry, seller, "second", now=LATER)
        say(inquiry, buyer, "third", now=LATER - timedelta(seconds=2))

        assert [each.text for each in queries.messages(inquiry)][1:] == ["second", "third"]
        assert (unread(buyer), unread(seller)) == (0, 1)

    def test_is_for_both_sides_alone(self, inquiry, outsider):
        for side, team in ((Side.ASKER, outsider), (Side.SELLER, outsider), (Side.OPERATOR, None)):
            with pytest.raises(DatabaseError, match="nobody else"), transaction.atomic():
                conversations.write(
                    conversation=inquiry, side=side, team=team, text="x", by=owner_of(outsider), now=LATER
                )


class TestClosing:
    def test_is_undone_by_reopening(self, inquiry, buyer, seller):
        say(inquiry, seller, now=LATER)
        who = {"side": Side.ASKER, "team": buyer, "by": owner_of(buyer)}
        for _ in range(2):
            conversations.close(conversation=inquiry, now=LATER, **who)
        inquiry.refresh_from_db()
        assert inquiry.status == "closed"

        for _ in range(2):
            conversations.reopen(conversation=inquiry, now=LATER, **who)

        inquiry.refresh_from_db()
        assert inquiry.status == "answered"
        assert [each.event for each in queries.messages(inquiry)] == ["message", "message", "closed", "reopened"]


class TestReading:
    def test_counts_for_the_whole_team_and_for_no_other(self, inquiry, buyer, seller):
        say(inquiry, seller, now=LATER)
        inquiry.refresh_from_db()

        conversations.mark_seen(conversation=inquiry, side=Side.ASKER, seen_at=inquiry.changed_at)

        assert (unread(buyer), unread(seller)) == (0, 0)
        say(inquiry, buyer, now=LATER)
        assert (unread(buyer), unread(seller)) == (0, 1)

    def test_leaves_what_came_after_the_page_unread(self, inquiry, buyer, seller):
        shown = Conversation.objects.get(pk=inquiry.pk).changed_at
        say(inquiry, seller, now=LATER)

        conversations.mark_seen(conversation=inquiry, side=Side.ASKER, seen_at=shown)

        assert unread(buyer) == 1

    def test_never_goes_back(self, inquiry, seller):
        for seen_at in (LATER, NOON):
            conversations.mark_seen(conversation=inquiry, side=Side.SELLER, seen_at=seen_at)

        inquiry.refresh_from_db()
        assert inquiry.seller_seen_at == LATER


class TestAttachments:
    def test_hang_on_the_message(self, inquiry, seller, tmp_path):
        say(inquiry, seller, files=[paper(), paper("shot.PNG", PNG)])

        found = Attachment.objects.order_by("filename")
        assert [(each.filename, each.content_type, each.size) for each in found] == [
            ("log.txt", "text/plain", 7),
            ("shot.PNG", "image/png", 32),
        ]
        assert len(list((tmp_path / "attachments" / str(seller.pk)).iterdir())) == 2

    def test_that_are_refused_leave_no_message_and_no_file(self, inquiry, seller, tmp_path):
        for refusal, files in (
            (AttachmentTooLarge, [paper(), paper("all.log", b"x" * (30 * 1024 * 1024))]),
            (AttachmentRefused, [paper(), paper("run.exe", b"MZ")]),
            (AttachmentRefused, [paper("shot.png", b"<script>alert(1)</script>")]),
            (TooManyAttachments, [paper()] * 6),
        ):
            with pytest.raises(refusal):
                say(inquiry, seller, files=files)

        assert inquiry.messages.count() == 1
        assert not [each for each in tmp_path.rglob("*") if each.is_file()]

    def test_go_again_when_the_message_is_refused(self, inquiry, seller, tmp_path):
        with pytest.raises(Invalid):
            say(inquiry, seller, " ", files=[paper()])

        assert not [each for each in tmp_path.rglob("*") if each.is_file()]


class TestLimits:
    def test_end_what_no_person_writes(self, settings, inquiry, buyer, seller):
        settings.MESSAGES_PER_HOUR = 3
        say(inquiry, buyer)
        say(inquiry, buyer)
        with pytest.raises(conversations.TooManyMessages, match="3 messages within an hour"):
            say(inquiry, buyer)

        say(inquiry, seller)
        say(inquiry, buyer, now=NOON + timedelta(minutes=61))

    def test_end_new_threads_of_a_day(self, settings, buyer):
        settings.CONVERSATIONS_PER_DAY = 2
        services = [make_service() for _ in range(3)]
        for each in services[:2]:
            asked(buyer, each)
        with pytest.raises(conversations.TooManyMessages, match="2 new conversations"):
            asked(buyer, services[2])

    def test_end_files_of_a_day(self, settings, inquiry, buyer):
        settings.ATTACHMENTS_PER_DAY_BYTES = 10
        say(inquiry, buyer, files=[paper()])
        with pytest.raises(conversations.TooManyMessages, match="within a day"):
            say(inquiry, buyer, files=[paper()])

    def test_do_not_hold_for_operators(self, settings, ticket):
        settings.MESSAGES_PER_HOUR = 1
        for _ in range(3):
            say(ticket, None)


@pytest.mark.usefixtures("transactional_db")
class TestConcurrently:
    def test_no_more_is_written_than_the_limit(self, settings):
        settings.MESSAGES_PER_HOUR = 4
        service, team = make_service(), TeamFactory()
        inquiry = asked(team, service)

        def write(number: int) -> bool:
            try:
                say(inquiry, team, f"line {number}")
            except conversations.TooManyMessages:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(6) as pool:
            taken = list(pool.map(write, range(6)))

        assert (taken.count(True), inquiry.messages.count()) == (3, 4)
        moments = [each.sent_at for each in queries.messages(inquiry)]
        assert len(set(moments)) == 4


class TestRecords:
    def test_are_never_changed(self, inquiry):
        for change in (
            lambda: Message.objects.update(text="x"),
            lambda: Message.objects.all().delete(),
            lambda: Conversation.objects.update(subject="x"),
            lambda: Conversation.objects.filter(pk=inquiry.pk)._raw_delete("default"),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
