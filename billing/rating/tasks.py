"""Background work of rating: the books are proven again and again."""

from __future__ import annotations

import logging

from celery import shared_task

from accounts.users.models import User
from billing.rating import verification
from common import mail

logger = logging.getLogger(__name__)


@shared_task(name="billing.rating.verify")
def verify(**_: object) -> None:
    """Prove every wallet; log each broken rule as an error, and tell the operators."""
    violations = verification.verify()
    for each in violations:
        logger.error("books.broken rule=%r row=%r found=%r proven=%r", each.rule, each.row, each.found, each.proven)
    if violations:
        operators = User.objects.filter(is_staff=True, is_active=True).order_by("email")
        mail.send("emails/rating/books_broken", to=operators.values_list("email", flat=True), violations=violations)
