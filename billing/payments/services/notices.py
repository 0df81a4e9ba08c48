"""Webhooks: stored by their id first, handled afterwards. A notice only says where to look; the object is fetched."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.db.models import F

from billing.payments.models import NoticeState, ProcessorNotice
from billing.payments.processor import Notice, Processor, ProcessorError
from billing.payments.services import applying, chargebacks, refunds
from common import jobs
from common.errors import DomainError

logger = logging.getLogger(__name__)

#: A notice that could not be handled so often waits for an operator.
MOST_ATTEMPTS = 30

#: Looks at an object of the processor. Returns whether it is ours.
Handler = Callable[[str, Processor, datetime], bool]


def receive(*, notice: Notice, now: datetime) -> bool:
    """Store a notice whose signature was right, and have it handled. Returns False for a copy."""
    _, is_new = ProcessorNotice.objects.get_or_create(
        pk=notice.id,
        defaults={
            "type": notice.type,
            "object_type": notice.object_type,
            "object_id": notice.object_id,
            "account_id": notice.account_id,
            "made_at": notice.created_at,
            "received_at": now,
        },
    )
    if is_new:
        jobs.enqueue("billing.payments.handle_notice", notice_id=notice.id)
    return is_new


def handle(*, notice: ProcessorNotice, processor: Processor, now: datetime) -> ProcessorNotice:
    """Look at what a notice is about. It may be handled any number of times. Call it outside of a transaction."""
    handler = HANDLERS.get(notice.object_type) if not notice.account_id else None
    try:
        is_ours = handler is not None and handler(notice.object_id, processor, now)
    except (ProcessorError, DomainError) as error:
        attempts = notice.attempts + 1
        logger.warning("notice.not_handled notice_id=%s attempts=%d error=%s", notice.pk, attempts, error)
        state = NoticeState.FAILED if attempts >= MOST_ATTEMPTS or isinstance(error, DomainError) else None
        _note(notice, state or NoticeState.WAITING, str(error), now)
    else:
        _note(notice, NoticeState.DONE if is_ours else NoticeState.IGNORED, "", now)
    return notice


def _note(notice: ProcessorNotice, state: NoticeState, error: str, now: datetime) -> None:
    ProcessorNotice.objects.filter(pk=notice.pk).update(
        state=state, error=error, attempts=F("attempts") + 1, handled_at=now
    )
    notice.refresh_from_db()


def _payment(object_id: str, processor: Processor, now: datetime) -> bool:
    return applying.apply_payment(payment=processor.payment(object_id), now=now) is not None


def _page(object_id: str, processor: Processor, now: datetime) -> bool:
    page = processor.hosted_page(object_id)
    return applying.apply_page(page=page, processor=processor, now=now) is not None


def _refund(object_id: str, processor: Processor, now: datetime) -> bool:
    return refunds.follow(refund=processor.refund_by_id(object_id), processor=processor, now=now) is not None


def _dispute(object_id: str, processor: Processor, now: datetime) -> bool:
    return chargebacks.follow(dispute=processor.dispute(object_id), processor=processor, now=now) is not None


#: What each kind of object is looked at by. Every other kind is stored and ignored.
HANDLERS: dict[str, Handler] = {
    "payment_intent": _payment,
    "checkout.session": _page,
    "refund": _refund,
    "dispute": _dispute,
}
