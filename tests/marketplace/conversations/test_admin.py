"""The operators' pages: they read threads, and answer tickets."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import UserFactory
from tests.factories.visitors import visitor
from tests.marketplace.conversations.conftest import paper, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(UserFactory(operator=True, full_name="Olga"))
    return client


def page(view: str, row) -> str:
    return reverse(f"admin:conversations_conversation_{view}", args=[row.pk])


class TestOperators:
    def test_read_a_thread_with_its_files(self, operator, ticket, buyer):
        say(ticket, buyer, "<i>Look</i>", files=[paper("trace.log")])

        shown = operator.get(page("change", ticket)).content.decode()

        assert "Since Monday" in shown
        assert "&lt;i&gt;Look" in shown
        assert "trace.log" in shown
        assert "/objects/" in shown

    def test_answer_and_are_known_to_have_read(self, operator, ticket, buyer):
        assert operator.get(page("answer", ticket)).status_code == 200
        assert operator.post(page("answer", ticket), {"text": ""}).status_code == 422
        operator.get(page("change", ticket))

        operator.post(page("answer", ticket), {"text": "It is mended"})

        shown = visitor(buyer).get(f"/messages/{ticket.pk}").content.decode()
        ticket.refresh_from_db()
        assert ticket.status == "answered"
        assert "It is mended" in shown
        assert "Read by the operators" in shown
        assert "Olga" not in shown

    def test_close_and_reopen(self, operator, ticket):
        for view, status in (("close_thread", "closed"), ("reopen_thread", "open")):
            operator.post(page(view, ticket), {})
            ticket.refresh_from_db()
            assert ticket.status == status

    def test_do_not_write_between_a_customer_and_a_seller(self, operator, inquiry):
        assert operator.get(page("change", inquiry)).status_code == 200
        assert operator.post(page("answer", inquiry), {"text": "x"}).status_code == 404
        assert inquiry.messages.count() == 1

    def test_are_let_in_by_a_right(self, ticket):
        clerk = Client()
        clerk.force_login(UserFactory(is_staff=True))

        assert clerk.post(page("answer", ticket), {"text": "x"}).status_code == 403
        assert ticket.messages.count() == 1
