"""Mails about invoices and payouts, to the people of the seller who look after money."""

from __future__ import annotations

from django.urls import reverse

from accounts.teams import links
from accounts.teams.models import Membership, Role, Team
from billing.payouts.models import Invoice, Payout, SellerAccount
from common import mail

_READERS = (Role.OWNER, Role.ADMIN, Role.BILLING)


def about_invoice(invoice: Invoice) -> int:
    """Tell a seller where an invoice stands now."""
    address = links.address(invoice.seller, reverse("payouts:invoice", args=[invoice.pk]))
    return mail.send("emails/payouts/invoice", to=_readers(invoice.seller), invoice=invoice, address=address)


def about_payout(payout: Payout) -> int:
    """Tell a seller that money was sent, failed to be, or was taken back."""
    people, address = _readers(payout.seller), _payouts_address(payout.seller)
    return mail.send("emails/payouts/payout", to=people, payout=payout, address=address)


def about_passing_over(account: SellerAccount) -> int:
    """Tell a seller why the schedule made no payout."""
    people, address = _readers(account.seller), _payouts_address(account.seller)
    return mail.send("emails/payouts/passed_over", to=people, account=account, address=address)


def _payouts_address(seller: Team) -> str:
    return links.address(seller, reverse("payouts:list"))


def _readers(team: Team) -> list[str]:
    people = Membership.objects.filter(team=team, role__in=_READERS, user__is_active=True)
    return list(people.order_by("user__email").values_list("user__email", flat=True))
