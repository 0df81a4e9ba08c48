"""Mails from templates: emails/<app>/<name>.{subject.txt,txt,html}."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


def send(name: str, *, to: Iterable[str], **context: object) -> int:
    """Send the mail `name`, such as "emails/payouts/payout", one to each address. Returns to how many.

    The templates know `site_name` and `site_url` beside the context, and but for that of the subject `subject`.
    """
    facts = {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL, **context}
    subject = " ".join(render_to_string(f"{name}.subject.txt", facts).split())
    text, html = (render_to_string(f"{name}.{part}", {**facts, "subject": subject}) for part in ("txt", "html"))
    addresses = list(dict.fromkeys(to))
    for address in addresses:  # one mail each: nobody learns who else is told
        message = EmailMultiAlternatives(subject, text, to=[address])
        message.attach_alternative(html, "text/html")
        message.send()
    return len(addresses)
