"""Has wallets looked at that have little left: alerts and top-ups are the work of a floor that is not ours."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial

from django.db import transaction

from common import jobs

logger = logging.getLogger(__name__)


def call_for_attention(wallet_ids: Iterable[str]) -> None:
    """Enqueue one task a wallet, once the running transaction has committed.

    The broker may be away; then the wallet is looked at after its next call, or by the hourly sweep. What was settled
    stays settled.
    """
    for wallet_id in sorted(wallet_ids):
        transaction.on_commit(partial(_enqueue, wallet_id))


def _enqueue(wallet_id: str) -> None:
    try:
        jobs.enqueue("billing.payments.attend", wallet_id=wallet_id)
    except Exception:  # whatever the broker's client raises
        logger.exception("wallet.attention_lost wallet_id=%s", wallet_id)
