"""The hourly proof of the books."""

from __future__ import annotations

import logging

import pytest
from django.core import mail
from django.db import connection

from billing.rating import tasks
from tests.factories.accounts import UserFactory
from tests.factories.billing import funded_wallet

pytestmark = [pytest.mark.django_db, pytest.mark.breaks_the_books]


class TestVerify:
    def test_says_nothing_of_sound_books(self, caplog):
        UserFactory(operator=True)
        funded_wallet("10")

        with caplog.at_level(logging.ERROR):
            tasks.verify()

        assert (caplog.text, mail.outbox) == ("", [])

    def test_logs_each_broken_rule_and_writes_to_the_operators(self, caplog):
        operator, _ = UserFactory(operator=True), UserFactory()
        wallet = funded_wallet("10")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE wallets_wallet SET settled = 11")
            cursor.execute("SET LOCAL session_replication_role = origin")

        with caplog.at_level(logging.ERROR):
            tasks.verify()

        assert caplog.text.count("books.broken") == 2
        (message,) = mail.outbox
        assert message.to == [operator.email]
        assert "2 rules broken" in message.subject
        assert f"{wallet.pk} says 11" in message.body
