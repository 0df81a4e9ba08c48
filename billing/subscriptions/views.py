"""The list of what a customer is subscribed to. Plans are chosen and changed on the pages of enrollments."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from accounts.teams.access import MemberRequest, member_required
from billing.subscriptions import queries
from billing.subscriptions.models import SubscriptionStatus
from common import htmx, ports
from common.pagination import Page, page_number

_PAGE_SIZE = 25


@require_safe
@member_required()
def subscription_list(request: MemberRequest) -> HttpResponse:
    """Subscriptions with what each costs next; those that have ended stand on a page of their own."""
    is_ended = request.GET.get("show") == "ended"
    found = queries.subscriptions(team=request.team)
    ended = found.filter(status=SubscriptionStatus.ENDED)
    live = found.exclude(status=SubscriptionStatus.ENDED)
    counts = live.count(), ended.count()
    number = page_number(request.GET.get("page"))
    rows = list((ended if is_ended else live)[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE])
    names = ports.service_names({each.service_id for each in rows})
    codes = ports.enrollment_codes({each.enrollment_id for each in rows})
    items = [
        (
            each,
            names.get(each.service_id, "A service that is gone"),
            codes.get(each.enrollment_id, ""),
            None if each.cancels_at else queries.following_plan(each, at=each.ends_at),
        )
        for each in rows
    ]
    context = {
        "page": Page(items, number, _PAGE_SIZE, counts[is_ended]),
        "is_ended": is_ended,
        "has_any": any(counts),
        "tabs": [
            {"label": "Current", "url": "?", "current": not is_ended, "count": counts[0]},
            {"label": "Ended", "url": "?show=ended", "current": is_ended, "count": counts[1]},
        ],
    }
    return htmx.render(request, "billing/subscriptions/subscription_list.html", context, partial="subscription-table")
