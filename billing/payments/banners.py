"""What the pages say of a wallet in trouble, wherever its people are."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse

from accounts.teams.models import Team
from billing.payments.models import AutoTopUp, Pause, Watch
from billing.wallets.models import Wallet
from common.amounts import written

_NEAR = Decimal("0.2")


@dataclass(frozen=True, slots=True)
class Banner:
    """A message above the page. label, address: the link to what helps."""

    tone: str
    title: str
    text: str
    label: str
    address: str


def banners(*, team: Team) -> list[Banner]:
    """Return what the team must know of its wallets, the worst first. One query."""
    found = Wallet.objects.filter(team=team).select_related("watch", "auto_top_up__paused_by").order_by("currency")
    return [banner for wallet in found for banner in of_wallet(wallet)]


def of_wallet(wallet: Wallet) -> list[Banner]:
    """Return what must be known of one wallet, which came with its watch and standing order."""
    rule: AutoTopUp | None = getattr(wallet, "auto_top_up", None)
    watch: Watch | None = getattr(wallet, "watch", None)
    told = [
        _of_balance(wallet, watch, is_filled_by_itself=rule is not None and rule.is_running),
        _of_rule(rule) if rule is not None and rule.is_enabled and rule.paused_reason else None,
    ]
    return [banner for banner in told if banner is not None]


def _of_balance(wallet: Wallet, watch: Watch | None, *, is_filled_by_itself: bool) -> Banner | None:
    left = f"{written(wallet.available, wallet.currency)} {wallet.currency}"
    link = ("Top up", f"{reverse('payments:top_up')}?currency={wallet.currency}")
    if wallet.overdrawn:
        owed = f"{written(wallet.overdrawn, wallet.currency)} {wallet.currency}"
        text = f"A bank took a payment back that was spent already. Calls are refused until {owed} is paid."
        return Banner("error", "The wallet is overdrawn", text, *link)
    if watch is None or not watch.basis_seq:
        return None
    if wallet.spendable <= 0 or wallet.available <= 0:
        return Banner("error", "The wallet is empty", f"{left} is available. Calls that cost money are refused.", *link)
    is_low = wallet.available <= watch.basis_amount * _NEAR or (
        watch.warn_below is not None and wallet.available <= watch.warn_below
    )
    if is_low and not is_filled_by_itself:
        return Banner("warning", "The wallet runs low", f"{left} is left.", *link)
    return None


def _of_rule(rule: AutoTopUp) -> Banner:
    title = "Automatic top-ups have stopped"
    paused_by = rule.paused_by
    if rule.paused_reason == Pause.CONFIRMATION and paused_by is not None and paused_by.is_open:
        amount = f"{written(paused_by.amount, rule.wallet.currency)} {rule.wallet.currency}"
        address = reverse("payments:top_up_detail", args=[paused_by.pk])
        return Banner("warning", title, f"Your bank wants you to confirm {amount}.", "Confirm the payment", address)
    reason = f"{rule.get_paused_reason_display().capitalize()}."
    said = f" The processor says: {paused_by.message}" if paused_by is not None and paused_by.message else ""
    address = f"{reverse('payments:auto_top_up')}?currency={rule.wallet.currency}"
    return Banner("warning", title, reason + said, "Change the card or try again", address)
