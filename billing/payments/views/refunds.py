"""The page on which a customer asks for money back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission
from billing.payments import queries
from billing.payments.forms import RefundForm
from billing.payments.services import refunds
from billing.payments.views.common import till
from billing.wallets import queries as wallets
from common import htmx
from common.errors import DomainError
from domain.money import Money


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_BILLING)
def refund_create(request: MemberRequest) -> HttpResponse:
    """Send unspent money back to the cards that paid it."""
    where = till(request, with_cards=False)
    wallet = where.wallet or wallets.wallet(team=request.team)
    found = queries.refundable(wallet)
    form = RefundForm(request.POST or None, currency=wallet.currency, most=found.total)
    if form.is_valid():
        amount = Money(form.cleaned_data["amount"], wallet.currency)
        try:
            refunds.request(
                wallet=wallet,
                amount=amount,
                request_key=form.cleaned_data["key"],
                by=request.user,
                now=timezone.now(),
            )
        except DomainError as error:
            form.add_error("amount", error.message)
        else:
            messages.success(request, f"{amount} is on its way back to your card.")
            return htmx.redirect(request, f"/wallet?currency={wallet.currency}", event="refund-requested")
    context = {"form": form, "wallet": wallet, "refundable": found, "till": where}
    return htmx.render(request, "billing/payments/refund_form.html", context)
