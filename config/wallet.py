"""The wallet's pages, which draw on wallets, payments, usage and whatever else moves money."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.models import Team
from accounts.teams.permissions import Permission, is_allowed
from billing.ledger.models import Transaction
from billing.payments import gateways
from billing.payments.overview import overview
from billing.payments.services import limits
from billing.rating.views import usage_context
from billing.wallets import queries as wallets
from billing.wallets.models import Wallet, WalletEntry
from common import htmx

_SHOWN, _PAGE_SIZE = 10, 50


@dataclass(frozen=True, slots=True)
class Cause:
    """What a movement comes from: words and the page that tells more; an empty address when there is none."""

    words: str
    address: str


@require_safe
@member_required()
def wallet_detail(request: MemberRequest) -> HttpResponse:
    """One wallet of the team, by default the one in its first currency."""
    own = list(wallets.wallets(team=request.team).select_related("team", "watch", "auto_top_up__paused_by"))
    processor = gateways.processor()
    shared = {
        "processor": processor,
        "may_pay": is_allowed(request.membership.role, Permission.MANAGE_BILLING),
        "least": limits.minimum(),
    }
    if not own:
        return htmx.render(request, "billing/wallets/wallet_detail.html", {"numbers": None, **shared})
    wallet, now = _chosen(request, own), timezone.now()
    lines = list(_movements(request.team, wallet.currency)[: _SHOWN + 1])
    context = {
        "numbers": wallets.numbers_of(wallet, now=now),
        "currency": wallet.currency,
        "tabs": [
            {"label": each.currency, "url": f"?currency={each.currency}", "current": each == wallet} for each in own
        ],
        "overview": overview(wallet=wallet, processor=processor, now=now),
        "lines": _with_causes(lines[:_SHOWN]),
        "has_more": len(lines) > _SHOWN,
        **usage_context(request, wallet.currency),
        **shared,
    }
    return htmx.render(request, "billing/wallets/wallet_detail.html", context)


@require_safe
@member_required()
def transaction_list(request: MemberRequest) -> HttpResponse:
    """Every movement of a wallet, from the one before `before` on; its number is the key, so that pages never shift."""
    own = list(wallets.wallets(team=request.team))
    wallet = _chosen(request, own) if own else None
    found = _movements(request.team, wallet.currency if wallet else "")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        found = found.filter(seq__lt=int(before))
    lines = list(found[: _PAGE_SIZE + 1])
    context = {
        "currency": wallet.currency if wallet else "USD",
        "lines": _with_causes(lines[:_PAGE_SIZE]),
        "next": lines[_PAGE_SIZE - 1].seq if len(lines) > _PAGE_SIZE else None,
        "is_first": not before,
    }
    return htmx.render(request, "billing/wallets/transaction_list.html", context, partial="transactions")


def _chosen(request: MemberRequest, own: list[Wallet]) -> Wallet:
    by_currency = {wallet.currency: wallet for wallet in own}
    return by_currency.get(request.GET.get("currency", "")) or by_currency.get("USD") or own[0]


def _movements(team: Team, currency: str) -> QuerySet[WalletEntry]:
    """Return the movements of a wallet with everything that may have caused them, in one query."""
    causes = [*_CAUSES, *(f"reverses__{name}" for name in _CAUSES)]
    found = wallets.transactions(team=team, currency=currency)
    return found.select_related("transaction__reverses", *(f"transaction__{name}" for name in causes))


def _with_causes(entries: list[WalletEntry]) -> list[tuple[WalletEntry, Cause]]:
    return [(entry, _cause(entry.transaction)) for entry in entries]


def _cause(moved: Transaction) -> Cause:
    """Return what a movement comes from; a reversal comes from what was reversed."""
    words = moved.memo or moved.get_kind_display()
    for transaction in filter(None, (moved, moved.reverses)):
        for name, address_of in _CAUSES.items():
            if (row := getattr(transaction, name, None)) is not None:
                return Cause(words, address_of(row))
    return Cause(words, "")


#: What a transaction may belong to, by its name there: the address of its page.
_CAUSES: dict[str, Callable[[Any], str]] = {
    "top_up": lambda row: reverse("payments:top_up_detail", args=[row.pk]),
    "refund": lambda row: reverse("payments:top_up_detail", args=[row.top_up_id]),
    "chargeback": lambda row: reverse("payments:top_up_detail", args=[row.top_up_id]),
    "statement": lambda row: reverse("statements:detail", args=[row.number]),
    "fee": lambda row: reverse("enrollments:detail", args=[row.enrollment_id]),
    "dispute": lambda row: reverse("disputes:detail", args=[row.pk]),
}
