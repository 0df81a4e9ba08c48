"""Mails from templates: emails/<app>/<name>.{subject.txt,txt,html}."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

_log = logging.getLogger(__name__)
#: Replies of a mail server from here on are final: asking again changes nothing.
_FINAL = 500


def send(name: str, *, to: Iterable[str], **context: object) -> int:
    """Send the mail `name`, such as "emails/payouts/payout", one to each address. Returns to how many.

    An address that is refused for good is passed over: the others are told, and told once.
    The templates know `site_name` and `site_url` beside the context, and but for that of the subject `subject`.
    """
    facts = {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL, **context}
    subject = " ".join(render_to_string(f"{name}.subject.txt", facts).split())
    text, html = (render_to_string(f"{name}.{part}", {**facts, "subject": subject}) for part in ("txt", "html"))
    sent = 0
    for address in dict.fromkeys(to):  # one mail each: nobody learns who else is told
        message = EmailMultiAlternatives(subject, text, to=[address])
        message.attach_alternative(html, "text/html")
        try:
            message.send()
        except SMTPRecipientsRefused as error:
            if any(code < _FINAL for code, _ in error.recipients.values()):
                raise
            _log.warning("mail.refused name=%s", name)
        else:
            sent += 1
    return sent
