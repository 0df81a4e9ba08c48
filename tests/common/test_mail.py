"""Mails go out one by one, and one that is refused keeps none of the others."""

from __future__ import annotations

from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend

from common import mail

PEOPLE = ["ann@example.org", "gone@example.org", "bob@example.org"]


class Refusing(EmailBackend):
    """Takes everything but what is for gone@example.org."""

    code = 550

    def send_messages(self, messages):
        (address,) = messages[0].to
        if address == "gone@example.org":
            raise SMTPRecipientsRefused({address: (self.code, b"No such mailbox")})
        return super().send_messages(messages)


@pytest.fixture
def refusing(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    return lambda code: monkeypatch.setattr(Refusing, "code", code)


def test_an_address_that_is_gone_keeps_no_mail_from_others(refusing):
    refusing(550)
    assert mail.send("emails/rating/books_broken", to=PEOPLE, violations=[]) == 2
    assert [letter.to for letter in outbox.outbox] == [["ann@example.org"], ["bob@example.org"]]


def test_an_address_that_is_refused_for_now_is_asked_again(refusing):
    refusing(450)
    with pytest.raises(SMTPRecipientsRefused):
        mail.send("emails/rating/books_broken", to=PEOPLE, violations=[])
