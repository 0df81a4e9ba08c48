"""The customer's page of promotions: what lowers their prices, and where codes are redeemed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.teams import permissions
from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission, is_allowed
from billing.promotions import queries, services
from billing.promotions.forms import RedeemForm
from common import htmx
from common.errors import DomainError

#: What a code can be refused for; each says what to do in its sentence.
_REFUSALS = (
    services.CodeUnknown,
    services.CodeExpired,
    services.CodeUsedUp,
    services.CodeAlreadyRedeemed,
    services.CodeNotForYou,
)


@require_http_methods(["GET", "POST"])
@member_required()
def promotion_list(request: MemberRequest) -> HttpResponse:
    """Promotions that apply to the team's calls now, and the form for a code."""
    form = RedeemForm(request.POST or None)
    if request.method == "POST":
        permissions.check(request.membership.role, Permission.MANAGE_BILLING)
        if form.is_valid():
            try:
                redeemed = services.redeem(
                    team=request.team, code=form.cleaned_data["code"], by=request.user, now=timezone.now()
                )
            except _REFUSALS as error:
                _refuse(form, error)
            else:
                messages.success(request, f"“{redeemed.rule.name}” lowers the price of your calls from now on.")
                return htmx.redirect(request, "promotions:list", event="promotion-redeemed")
    context = {
        "form": form,
        "may_redeem": is_allowed(request.membership.role, Permission.MANAGE_BILLING),
        "offers": queries.promotions_of(team=request.team, at=timezone.now()),
    }
    return htmx.render(request, "billing/promotions/promotion_list.html", context, partial="redeem-form")


def _refuse(form: RedeemForm, error: DomainError) -> None:
    form.add_error("code", error.message)
