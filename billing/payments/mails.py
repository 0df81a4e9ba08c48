"""Mails about payments, to the people of a team who look after money; about chargebacks also to the operators."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.urls import reverse

from accounts.teams import links
from accounts.teams.models import Membership, Role, Team
from accounts.users.models import User
from billing.payments.models import AutoTopUp, Chargeback, Refund, TopUp
from billing.wallets.models import Wallet
from common import mail

_FOLDER = "emails/payments/"
_READERS = (Role.OWNER, Role.ADMIN, Role.BILLING)


def receipt(key: str) -> int:
    """Say that a payment has arrived."""
    top_up = TopUp.objects.select_related("wallet__team").get(pk=key)
    return _write("receipt", top_up.wallet, _top_up_path(top_up), top_up=top_up)


def auto_top_up_stopped(key: str) -> int:
    """Say why nothing is charged by itself any more, and where to mend it."""
    rule = AutoTopUp.objects.select_related("wallet__team", "paused_by").get(wallet_id=key)
    if not rule.paused_reason:
        return 0
    waits = rule.paused_by is not None and rule.paused_by.is_open
    path = _top_up_path(rule.paused_by) if rule.paused_by and waits else reverse("payments:auto_top_up")
    return _write("auto_top_up_stopped", rule.wallet, path, rule=rule, top_up=rule.paused_by, waits=waits)


def ceiling_reached(key: str) -> int:
    """Say that the monthly limit keeps a wallet from being filled."""
    rule = AutoTopUp.objects.select_related("wallet__team").get(wallet_id=key)
    return _write("ceiling_reached", rule.wallet, reverse("payments:auto_top_up"), rule=rule)


def low_balance(key: str) -> int:
    """Say what is left in a wallet that runs low."""
    wallet = Wallet.objects.select_related("team").get(pk=key)
    return _write("low_balance", wallet, reverse("payments:top_up") + f"?currency={wallet.currency}")


def refund_sent(key: str) -> int:
    """Say that money is on its way to the card."""
    return _about_refund("refund_sent", key)


def refund_failed(key: str) -> int:
    """Say that a refund did not arrive and the money is in the wallet again."""
    return _about_refund("refund_failed", key)


def chargeback(key: str) -> int:
    """Say that the bank took a payment back."""
    row = Chargeback.objects.select_related("top_up__wallet__team").get(pk=key)
    return _write("chargeback", row.top_up.wallet, _top_up_path(row.top_up), chargeback=row)


def chargeback_operators(key: str) -> int:
    """Tell the operators of a chargeback."""
    row = Chargeback.objects.select_related("top_up__wallet__team").get(pk=key)
    operators = User.objects.filter(is_staff=True, is_active=True).order_by("email").values_list("email", flat=True)
    address = settings.SITE_URL + reverse("admin:payments_chargeback_change", args=[row.pk])
    context = {"chargeback": row, "wallet": row.top_up.wallet, "address": address}
    return mail.send(_FOLDER + "chargeback_operators", to=operators, **context)


def _about_refund(name: str, key: str) -> int:
    refund = Refund.objects.select_related("top_up__wallet__team").get(pk=key)
    return _write(name, refund.top_up.wallet, _top_up_path(refund.top_up), refund=refund)


def _write(name: str, wallet: Wallet, path: str, **context: object) -> int:
    address = links.address(wallet.team, path)
    return mail.send(_FOLDER + name, to=_readers(wallet.team), wallet=wallet, address=address, **context)


def _readers(team: Team) -> list[str]:
    people = Membership.objects.filter(team=team, role__in=_READERS, user__is_active=True)
    return list(people.order_by("user__email").values_list("user__email", flat=True))


def _top_up_path(top_up: TopUp) -> str:
    return reverse("payments:top_up_detail", args=[top_up.pk])


#: What `billing.payments.tell` may be asked to write.
MAILS: dict[str, Callable[[str], int]] = {
    write.__name__: write
    for write in (
        receipt,
        auto_top_up_stopped,
        ceiling_reached,
        low_balance,
        refund_sent,
        refund_failed,
        chargeback,
        chargeback_operators,
    )
}
