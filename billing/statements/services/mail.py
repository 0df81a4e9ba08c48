"""Tells customers that a statement is there."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from billing.statements import queries
from billing.statements.models import Statement


def announce(*, statement: Statement) -> int:
    """Send the mail about a statement to those who pay. Returns to how many addresses."""
    addresses = queries.recipients(team=statement.team)
    if not addresses:
        return 0
    context = {
        "statement": statement,
        "site_name": settings.SITE_NAME,
        "address": settings.SITE_URL + reverse("statements:detail", args=[statement.number]),
    }
    subject = " ".join(render_to_string("emails/statements/issued.subject.txt", context).split())
    text = render_to_string("emails/statements/issued.txt", context)
    html = render_to_string("emails/statements/issued.html", context)
    for address in addresses:  # one mail each: nobody learns who else is told
        message = EmailMultiAlternatives(subject, text, to=[address])
        message.attach_alternative(html, "text/html")
        message.send()
    return len(addresses)
