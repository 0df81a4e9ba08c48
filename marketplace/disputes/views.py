"""The inbox of disputes and their threads, for customers and for sellers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission, is_allowed
from billing.rating import queries as rating
from billing.rating.models import Charge
from common import htmx, ports
from common.amounts import written_exactly
from common.errors import DomainError, NotFound
from common.pagination import Page, page_number
from marketplace.attachments import services as attachments
from marketplace.disputes import queries, services
from marketplace.disputes.forms import MessageForm, OpenForm, RefundForm
from marketplace.disputes.models import UNDECIDED, Dispute, DisputeState, Side

_PAGE_SIZE = 25
#: The page has two forms, and both have a text.
_REFUND_IDS = "id_refund_%s"


@require_safe
@member_required()
def dispute_list(request: MemberRequest) -> HttpResponse:
    """A team's disputes: those under way, or those that have ended."""
    is_ended = request.GET.get("show") == "ended"
    found = queries.disputes(team=request.team)
    ended, current = found.exclude(state__in=UNDECIDED), found.filter(state__in=UNDECIDED)
    counts = current.count(), ended.count()
    number = page_number(request.GET.get("page"))
    rows = (ended if is_ended else current)[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE]
    context = {
        "page": Page(list(rows), number, _PAGE_SIZE, counts[is_ended]),
        "has_any": any(counts),
        "tabs": [
            {"label": "Under way", "url": "?", "current": not is_ended, "count": counts[0]},
            {"label": "Ended", "url": "?show=ended", "current": is_ended, "count": counts[1]},
        ],
    }
    return htmx.render(request, "marketplace/disputes/dispute_list.html", context, partial="dispute-table")


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_BILLING)
def dispute_create(request: MemberRequest, event_id: UUID) -> HttpResponse:
    """Contest a charge of the team's."""
    if request.team.is_seller:
        raise NotFound(what="charge")
    charge = rating.charge(team=request.team, event_id=event_id)
    form = OpenForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            dispute = services.open(
                team=request.team,
                charge=charge,
                text=form.cleaned_data["text"],
                by=request.user,
                files=form.cleaned_data["attached"],
                now=timezone.now(),
            )
        except DomainError as error:
            _refuse(form, error)
        else:
            messages.success(request, "The dispute is open. The seller and the operators have been told.")
            return htmx.redirect(request, "disputes:detail", dispute.pk, event="dispute-opened")
    context = {"form": form, "charge": charge, "service": _service_name(charge), "known": _known(charge)}
    return htmx.render(request, "marketplace/disputes/dispute_form.html", context, partial="dispute-form")


@require_safe
@member_required()
def dispute_detail(request: MemberRequest, dispute_id: UUID) -> HttpResponse:
    """The thread of one dispute, and what can be done now."""
    dispute = queries.dispute(team=request.team, dispute_id=dispute_id)
    page = htmx.render(request, "marketplace/disputes/dispute_detail.html", _detail(request, dispute))
    services.mark_seen(dispute=dispute, side=queries.side_of(request.team), now=timezone.now())
    return page


@require_POST
@member_required(Permission.MANAGE_BILLING)
def dispute_write(request: MemberRequest, dispute_id: UUID) -> HttpResponse:
    """Add a message to the thread."""
    dispute = queries.dispute(team=request.team, dispute_id=dispute_id)
    form = MessageForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            services.write(
                dispute=dispute,
                side=queries.side_of(request.team),
                text=form.cleaned_data["text"],
                by=request.user,
                files=form.cleaned_data["attached"],
                now=timezone.now(),
            )
        except DomainError as error:
            _refuse(form, error)
        else:
            return htmx.redirect(request, "disputes:detail", dispute.pk, event="dispute-message-sent")
    context = {**_detail(request, dispute), "form": form}
    return htmx.render(request, "marketplace/disputes/dispute_detail.html", context, partial="message-form")


@require_POST
@member_required(Permission.MANAGE_BILLING)
def dispute_withdraw(request: MemberRequest, dispute_id: UUID) -> HttpResponse:
    """Take an own dispute back."""
    dispute = queries.dispute(team=request.team, dispute_id=dispute_id)
    if queries.side_of(request.team) != Side.CUSTOMER:
        raise NotFound(what="dispute")
    _done(request, lambda: services.withdraw(dispute=dispute, by=request.user, now=timezone.now()), "Withdrawn.")
    return htmx.redirect(request, "disputes:detail", dispute.pk, event="dispute-withdrawn")


@require_POST
@member_required(Permission.MANAGE_BILLING)
def dispute_refund(request: MemberRequest, dispute_id: UUID) -> HttpResponse:
    """As the seller, give back all or a part of the charge."""
    dispute = queries.dispute(team=request.team, dispute_id=dispute_id)
    if queries.side_of(request.team) != Side.SELLER:
        raise NotFound(what="dispute")
    form = RefundForm(request.POST, auto_id=_REFUND_IDS)
    if form.is_valid():
        try:
            services.resolve(
                dispute=dispute,
                amount=form.cleaned_data["amount"],
                side=Side.SELLER,
                text=form.cleaned_data["text"],
                by=request.user,
                now=timezone.now(),
            )
        except (services.CreditTooLarge, services.DisputeEnded) as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, "The customer has the money back. Your share of it is on your next invoice.")
            return htmx.redirect(request, "disputes:detail", dispute.pk, event="dispute-resolved")
    context = {**_detail(request, dispute), "refund_form": form}
    status = 422 if form.errors else None
    return htmx.render(
        request, "marketplace/disputes/dispute_detail.html", context, partial="refund-form", status=status
    )


@require_safe
@member_required()
def attachment_download(request: MemberRequest, dispute_id: UUID, file_id: UUID) -> HttpResponse:
    """Lead to a file, at an address that ends within a minute."""
    found = queries.attachment(team=request.team, dispute_id=dispute_id, file_id=file_id)
    return HttpResponseRedirect(attachments.address(found))


def _refuse(form: Form, error: DomainError) -> None:
    form.add_error("attached" if "attachment" in error.code else None, error.message)


def _detail(request: MemberRequest, dispute: Dispute) -> dict[str, Any]:
    side = queries.side_of(request.team)
    may_act = is_allowed(request.membership.role, Permission.MANAGE_BILLING) and dispute.is_undecided
    most = queries.creditable(dispute.charge)
    exact = written_exactly(most, dispute.wallet.currency).replace(",", "")
    return {
        "dispute": dispute,
        "side": side,
        "thread": queries.messages(dispute),
        "form": MessageForm() if may_act else None,
        "can_withdraw": may_act and side == Side.CUSTOMER,
        "refund_form": RefundForm(initial={"amount": exact}, auto_id=_REFUND_IDS)
        if may_act and side == Side.SELLER
        else None,
        "most": most,
        "is_in_full": dispute.state == DisputeState.RESOLVED and dispute.credited == dispute.charge.charged,
    }


def _service_name(charge: Charge) -> str:
    return ports.service_names([charge.service_id]).get(charge.service_id, "A service that is gone")


def _known(charge: Charge) -> Dispute | None:
    return queries.undecided_about(charge)


def _done(request: MemberRequest, act: Any, sentence: str) -> None:
    try:
        act()
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, sentence)
