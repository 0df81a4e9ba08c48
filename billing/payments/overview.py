"""What the wallet's page says of payments: what a day costs, how long the money lasts, what is charged next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.payments import banners, queries
from billing.payments.models import AutoTopUp, TopUp
from billing.payments.processor import Processor
from billing.wallets import queries as wallets
from billing.wallets.models import Wallet
from common.amounts import written


@dataclass(frozen=True, slots=True)
class Overview:
    """spending: what a day costs. rule: the next top-up in words. under_way: payments that are not through yet."""

    spending: wallets.DailySpending
    rule: str
    has_rule: bool
    under_way: list[TopUp]
    banners: list[banners.Banner]


def overview(*, wallet: Wallet, processor: Processor, now: datetime) -> Overview:
    """Return it for a wallet that came with its watch and standing order."""
    rule: AutoTopUp | None = getattr(wallet, "auto_top_up", None)
    under_way = list(queries.under_way(wallet)[:5])
    return Overview(
        spending=wallets.daily_spending(wallet, now=now),
        rule=_in_words(wallet, rule, under_way, processor, now),
        has_rule=rule is not None and rule.is_enabled,
        under_way=under_way,
        banners=banners.of_wallet(wallet),
    )


def _in_words(
    wallet: Wallet, rule: AutoTopUp | None, under_way: list[TopUp], processor: Processor, now: datetime
) -> str:
    if not processor.is_set_up:
        return "Cards are not set up here. Ask the operators of this marketplace for a top-up."
    if rule is None or not rule.is_enabled:
        return "Nothing is charged by itself. When nothing is left, calls that cost money are refused."
    if rule.paused_reason:
        return f"Automatic top-ups have stopped: {rule.get_paused_reason_display()}."
    if any(each.is_automatic for each in under_way):
        return "An automatic top-up is under way."
    if rule.next_try_at is not None and rule.next_try_at > now:
        return f"The next automatic top-up is tried on {rule.next_try_at:%-d %B %Y at %H:%M} UTC."
    money = [f"{written(each, wallet.currency)} {wallet.currency}" for each in (rule.threshold, rule.target)]
    spent = queries.charged_automatically(wallet, now=now)
    return (
        f"When the available balance falls to {money[0]}, {rule.card_label} is charged up to {money[1]}; at most "
        f"{written(rule.monthly_ceiling, wallet.currency)} {wallet.currency} a month, of which "
        f"{written(spent, wallet.currency)} {wallet.currency} so far."
    )
