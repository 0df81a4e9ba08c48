"""The pages: asking, the thread, files, who may do what, and what it costs."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.teams.models import Role
from marketplace.conversations.models import Attachment, Conversation
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import make_service
from tests.factories.visitors import HTMX, visitor
from tests.marketplace.conversations.conftest import NOON, asked, paper, say, unread

pytestmark = pytest.mark.django_db


def body(client: Client, address: str) -> str:
    return client.get(address).content.decode()


class TestAsking:
    def test_begins_on_the_page_of_the_service(self, buyer, seller, service):
        address = f"/messages/new/{service.pk}"
        assert address in body(visitor(buyer), f"/market/{service.name}")
        assert address in body(Client(), f"/market/{service.name}")
        assert address not in body(visitor(seller), f"/market/{service.name}")
        assert Client().get(address).headers["Location"].startswith("/accounts/login/")

    def test_is_done_by_a_form(self, buyer, service):
        client, address = visitor(buyer), f"/messages/new/{service.pk}"
        assert client.post(address, {"subject": "", "text": "x"}).status_code == 422
        fragment = client.post(address, {"subject": "", "text": "x"}, **HTMX).content.decode()
        assert fragment.lstrip().startswith('<form id="inquiry-form"')

        response = client.post(address, {"subject": "Regions?", "text": "Which?"})

        assert response.headers["Location"] == f"/messages/{Conversation.objects.get().pk}"

    @pytest.mark.parametrize(("is_own", "told"), [(True, "This service is yours"), (False, "Switch to yours")])
    def test_says_what_a_seller_does_instead_and_offers_no_form(self, service, seller, is_own, told):
        asking, address = seller if is_own else TeamFactory(seller=True), f"/messages/new/{service.pk}"
        client = visitor(asking)

        for response in (client.get(address), client.post(address, {"subject": "a", "text": "b"})):
            assert response.status_code == 400
            assert told in response.content.decode()
            assert "inquiry-form" not in response.content.decode()
        assert address not in body(client, f"/market/{service.name}")

    def test_is_about_services_that_one_may_see(self, buyer):
        hidden = make_service(listing={"service_options": {"default_visibility": "private"}})

        assert visitor(buyer).get(f"/messages/new/{hidden.pk}").status_code == 404
        assert visitor(buyer).get(f"/messages/new/{uuid4()}").status_code == 404

    def test_for_help_is_for_customers_and_sellers(self, buyer, seller):
        for team in (buyer, seller):
            assert visitor(team).post("/help", {"subject": "Help", "text": "Please"}).status_code == 302
        assert [each.kind for each in Conversation.objects.all()] == ["ticket", "ticket"]

    def test_is_not_for_viewers(self, buyer, service):
        client = visitor(buyer, Role.VIEWER)
        assert client.get(f"/messages/new/{service.pk}").status_code == 403
        assert client.get("/help").status_code == 403
        assert "/help" not in body(client, "/messages").partition("<main")[2]


class TestThread:
    def test_shows_the_person_and_no_address(self, inquiry, buyer, seller):
        say(inquiry, seller)
        page = body(visitor(seller), f"/messages/{inquiry.pk}").partition("<main")[2]
        assert "Ada, Acme Research" in page
        assert "ada@acme.example" not in page

        page = body(visitor(buyer), f"/messages/{inquiry.pk}").partition("<main")[2]
        assert str(seller) in page
        assert "@" not in page

    def test_shows_words_as_words(self, inquiry, buyer, seller):
        say(inquiry, buyer, "<script>alert(1)</script>")

        assert "&lt;script&gt;alert(1)" in body(visitor(seller), f"/messages/{inquiry.pk}")

    def test_is_answered_by_the_seller(self, inquiry, buyer, seller):
        client, address = visitor(seller), f"/messages/{inquiry.pk}/write"
        assert client.post(address, {"text": ""}).status_code == 422
        assert client.post(address, {"text": ""}, **HTMX).content.lstrip().startswith(b'<form id="message-form"')

        assert client.post(address, {"text": "In all of them"}).status_code == 302

        assert unread(buyer) == 1
        assert "In all of them" in body(visitor(buyer), f"/messages/{inquiry.pk}")
        assert unread(buyer) == 0

    def test_tells_who_wrote_that_it_was_read(self, inquiry, buyer, seller):
        assert "Read by" not in body(visitor(buyer), f"/messages/{inquiry.pk}")

        visitor(seller).get(f"/messages/{inquiry.pk}")

        assert f"Read by {seller}" in " ".join(body(visitor(buyer), f"/messages/{inquiry.pk}").split())

    def test_is_closed_and_reopened(self, inquiry, buyer):
        client, address = visitor(buyer), f"/messages/{inquiry.pk}"
        client.post(f"{address}/close")
        page = body(client, address)
        assert "This conversation is closed" in page
        assert "message-form" not in page
        refused = client.post(f"{address}/write", {"text": "x"})
        assert (refused.status_code, "Reopen it" in refused.content.decode()) == (422, True)

        client.post(f"{address}/reopen")

        assert "message-form" in body(client, address)

    def test_is_nobody_elses(self, inquiry, ticket, outsider, seller):
        for team in (outsider, TeamFactory(seller=True)):
            client = visitor(team)
            assert client.get(f"/messages/{inquiry.pk}").status_code == 404
            for act in ("write", "close", "reopen"):
                assert client.post(f"/messages/{inquiry.pk}/{act}", {"text": "x"}).status_code == 404
        assert visitor(seller).get(f"/messages/{ticket.pk}").status_code == 404

    def test_is_read_by_viewers_who_write_nothing(self, inquiry, buyer):
        client = visitor(buyer, Role.VIEWER)
        assert "message-form" not in body(client, f"/messages/{inquiry.pk}")
        for act in ("write", "close", "reopen"):
            assert client.post(f"/messages/{inquiry.pk}/{act}", {"text": "x"}).status_code == 403


class TestFiles:
    def test_are_sent_and_saved_and_never_shown(self, inquiry, buyer, seller):
        sent = SimpleUploadedFile("notes.txt", b"<script>alert(1)</script>")
        visitor(seller).post(f"/messages/{inquiry.pk}/write", {"text": "Look", "attached": [sent]})
        file = Attachment.objects.get()

        response = visitor(buyer).get(f"/messages/{inquiry.pk}/attachments/{file.pk}")
        address = response.headers["Location"]
        download = Client().get("/" + address.split("/", 3)[3])

        assert download.headers["Content-Disposition"] == 'attachment; filename="notes.txt"'
        assert download.headers["X-Content-Type-Options"] == "nosniff"
        assert b"".join(download.streaming_content) == b"<script>alert(1)</script>"

    def test_of_one_thread_are_not_found_in_another(self, inquiry, ticket, seller, outsider):
        say(inquiry, seller, files=[paper()])
        file = Attachment.objects.get()

        assert visitor(seller).get(f"/messages/{ticket.pk}/attachments/{file.pk}").status_code == 404
        assert visitor(outsider).get(f"/messages/{inquiry.pk}/attachments/{file.pk}").status_code == 404

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("big.log", b"x" * (30 * 1024 * 1024), "at most 10 MB"),
            ("page.html", b"<p>", "files of this kind are not taken"),
            ("cat.png", b"MZ\x90", "not what its name says"),
        ],
    )
    def test_that_are_not_taken_are_named_at_their_field(self, inquiry, buyer, name, content, said):
        sent = SimpleUploadedFile(name, content)
        response = visitor(buyer).post(f"/messages/{inquiry.pk}/write", {"text": "Look", "attached": [sent]})

        page = response.content.decode()
        assert response.status_code == 422
        assert said in page
        assert "Look</textarea>" in page
        assert inquiry.messages.count() == 1


class TestInbox:
    def test_leads_to_every_thread_and_marks_what_is_new(self, inquiry, buyer, seller):
        say(inquiry, seller)
        client = visitor(buyer)
        page = body(client, "/messages")
        assert f'href="/messages/{inquiry.pk}"' in page
        assert ">New<" in page.replace("\n", "").replace(" ", "")
        assert '1<span class="sr-only"> unread' in page

        client.get(f"/messages/{inquiry.pk}")

        assert 'class="sr-only"> unread' not in body(client, "/messages")

    def test_keeps_its_filters_in_the_address(self, inquiry, ticket, buyer):
        client = visitor(buyer)
        page = body(client, "/messages?kind=ticket&q=mail")
        assert ("No mail comes" in page, "Regions?" in page) == (True, False)
        assert "Nothing fits" in body(client, "/messages?q=nowhere")
        assert client.get("/messages?kind=nonsense&status=%00").status_code == 200
        assert client.get("/messages?after=nonsense").status_code == 400
        assert client.get("/messages?q=mail", **HTMX).content.lstrip().startswith(b'<div id="threads"')

    def test_offers_the_next_page(self, buyer, service, settings):
        settings.CONVERSATIONS_PER_DAY = 100
        for number in range(26):
            asked(buyer, service, subject=f"Question {number}", now=NOON + timedelta(minutes=number))
        client = visitor(buyer)
        page = body(client, "/messages?kind=inquiry")
        older = page.partition('href="?kind=inquiry&amp;after=')[2].partition('"')[0]

        assert ("Question 25" in page, "Question 0<" in page) == (True, False)
        assert "Question 0<" in body(client, f"/messages?kind=inquiry&after={older}")

    def test_says_what_to_do_while_it_is_empty(self, buyer, seller):
        assert "No messages" in body(visitor(buyer), "/messages")
        assert "No messages" in body(visitor(seller), "/messages")

    def test_costs_the_same_for_one_as_for_many(self, inquiry, ticket, buyer, service, django_assert_num_queries):
        client = visitor(buyer)
        for _ in range(2):
            with django_assert_num_queries(5):  # session, user, memberships with what is unread, threads, disputes
                client.get("/messages")
            asked(buyer, service)

    def test_of_a_thread_costs_the_same_for_one_line_as_for_many(
        self, inquiry, buyer, seller, django_assert_num_queries
    ):
        client = visitor(buyer)
        for _ in range(2):
            say(inquiry, seller, files=[paper()])
            # session, user, memberships, the thread, its lines, their files; and the mark, in a transaction
            with django_assert_num_queries(9):
                client.get(f"/messages/{inquiry.pk}")
