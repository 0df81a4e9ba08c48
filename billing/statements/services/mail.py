"""Tells customers that a statement is there."""

from __future__ import annotations

from django.urls import reverse

from accounts.teams import links
from billing.statements import queries
from billing.statements.models import Statement
from common import mail


def announce(*, statement: Statement) -> int:
    """Send the mail about a statement to those who pay. Returns to how many addresses."""
    return mail.send(
        "emails/statements/issued",
        to=queries.recipients(team=statement.team),
        statement=statement,
        address=links.address(statement.team, reverse("statements:detail", args=[statement.number])),
    )
