"""Background work of conversations: mails."""

from __future__ import annotations

from celery import shared_task

from marketplace.conversations import mails
from marketplace.conversations.models import Message


@shared_task(name="marketplace.conversations.tell", autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def tell(*, message_id: str, **_: object) -> None:
    """Write to the side that did not write."""
    found = Message.objects.select_related(
        "conversation__service", "conversation__team", "conversation__seller", "team"
    )
    mails.about(found.get(pk=message_id))
