"""Who is told by mail, in which words, and where the link leads."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.teams import services as teams
from accounts.teams.models import Membership, MessageMails, Role
from marketplace.conversations import mails, tasks
from marketplace.conversations.models import Message
from tests.factories.accounts import TeamFactory, UserFactory, owner_of
from tests.factories.visitors import visitor
from tests.marketplace.conversations.conftest import paper, say

pytestmark = pytest.mark.django_db


def told(message: Message, mailoutbox) -> list[str]:
    mailoutbox.clear()
    mails.about(message)
    return [each.to[0] for each in mailoutbox]


class TestMails:
    def test_go_to_the_other_side(self, inquiry, ticket, buyer, seller, mailoutbox):
        operator = UserFactory(operator=True)
        clerk = UserFactory(is_staff=True)
        first = inquiry.messages.get()

        assert told(first, mailoutbox) == [owner_of(seller).email]
        assert told(say(inquiry, seller), mailoutbox) == ["ada@acme.example"]
        assert told(ticket.messages.get(), mailoutbox) == [operator.email]
        clerk.user_permissions.add(Permission.objects.get(codename="change_conversation"))
        assert sorted(told(ticket.messages.get(), mailoutbox)) == sorted([operator.email, clerk.email])

    def test_are_enqueued_by_the_service(self, buyer, service, mailoutbox, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            visitor(buyer).post(f"/messages/new/{service.pk}", {"subject": "Regions?", "text": "Which?"})

        assert len(mailoutbox) == 1

    def test_are_written_again_when_the_server_was_away(self, ticket, mailoutbox, monkeypatch):
        operator = UserFactory(operator=True)
        real, answers = mails.about, iter([ConnectionRefusedError])

        def about(message: Message) -> int:
            for error in answers:
                raise error
            return real(message)

        monkeypatch.setattr(mails, "about", about)
        tasks.tell.apply(kwargs={"message_id": str(ticket.messages.get().pk)}, throw=False)

        assert [each.to[0] for each in mailoutbox] == [operator.email]

    def test_say_everything_in_both_forms_and_no_address_of_the_other_side(self, inquiry, buyer, seller, mailoutbox):
        message = say(inquiry, buyer, "<b>Which</b> regions?", files=[paper()])
        told(message, mailoutbox)
        mail = mailoutbox[0]
        html = mail.alternatives[0].content

        assert mail.subject == f"Acme Research asks about {inquiry.service}: Regions?"
        assert "<b>Which</b> regions?" in mail.body
        assert "&lt;b&gt;Which" in html
        for text in (mail.body, html):
            assert "log.txt" in text
            assert "Answers to this mail are not read" in text
            assert "@" not in text
        assert (mail.reply_to, mail.cc, mail.bcc) == ([], [], [])

    def test_lead_to_the_thread_for_the_team_that_it_is_of(self, inquiry, buyer, seller, mailoutbox):
        person = owner_of(buyer)
        other = TeamFactory(owner=person)
        told(say(inquiry, seller), mailoutbox)
        path = re.search(r"http://[^/]+(/teams/open/\S+)", mailoutbox[0].body).group(1)
        assert Client().get(path).headers["Location"].startswith("/accounts/login/?next=/teams/open/")
        client = visitor(other)

        response = client.get(path, follow=True)

        assert response.redirect_chain == [(f"/messages/{inquiry.pk}", 302)]
        assert "In all of them" in response.content.decode()
        assert visitor(TeamFactory()).get(path).status_code == 404

    def test_go_to_whom_wants_them(self, inquiry, buyer, seller, mailoutbox):
        member = teams.add_member(team=seller, user=UserFactory(), role=Role.DEVELOPER)
        teams.add_member(team=seller, user=UserFactory(), role=Role.VIEWER)
        first = inquiry.messages.get()
        owner = Membership.objects.get(team=seller, role=Role.OWNER)
        both = sorted([member.user.email, owner.user.email])
        assert told(first, mailoutbox) == both

        teams.choose_mails(membership=member, message_mails=MessageMails.NONE)
        teams.choose_mails(membership=owner, message_mails=MessageMails.OWN)
        assert told(first, mailoutbox) == []

        say(inquiry, seller)
        assert told(first, mailoutbox) == [owner.user.email]
