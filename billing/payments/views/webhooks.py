"""Where the processor tells us what has changed."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.payments import gateways
from billing.payments.processor import RequestRefused
from billing.payments.services import notices

logger = logging.getLogger(__name__)

#: Notices are a few kilobytes long.
LONGEST_BYTES = 512 * 1024


@csrf_exempt  # signed by the processor instead
@require_POST
def stripe(request: HttpRequest) -> HttpResponse:
    """Store a notice and answer. 200 only when it is stored; anything else has it sent again."""
    if int(request.headers.get("Content-Length") or 0) > LONGEST_BYTES:
        return HttpResponse("too long", status=413, content_type="text/plain")
    now = timezone.now()
    try:
        notice = gateways.processor().read_notice(
            payload=request.body, signature=request.headers.get("Stripe-Signature", ""), now=now
        )
    except RequestRefused as error:
        logger.warning("notice.refused code=%s", error.code)
        return HttpResponse(error.code or "refused", status=400, content_type="text/plain")
    is_new = notices.receive(notice=notice, now=now)
    return HttpResponse("stored" if is_new else "known", content_type="text/plain")
