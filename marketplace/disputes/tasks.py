"""Background work of disputes: mails."""

from __future__ import annotations

from celery import shared_task

from marketplace.disputes import mails
from marketplace.disputes.models import DisputeMessage


@shared_task(name="marketplace.disputes.tell", autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def tell(*, message_id: str, **_: object) -> None:
    """Write to everybody in the thread but the side that wrote."""
    message = DisputeMessage.objects.select_related("dispute__service", "dispute__team", "dispute__seller")
    mails.about(message.get(pk=message_id))
