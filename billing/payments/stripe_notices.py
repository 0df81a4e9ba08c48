"""Webhooks of Stripe: whether one is real, and what it says has changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import stripe

from billing.payments.processor import Notice, RequestRefused
from billing.payments.stripe_objects import moment

#: How far the time of a signature may be from ours, either way.
TOLERANCE = timedelta(seconds=300)

#: What we want to hear of accounts that are connected to ours; everything else there is the seller's own affair.
_OF_CONNECTED_ACCOUNTS = ("account.", "capability.")


def read(
    payload: bytes, signature: str, *, secrets: Sequence[str], is_live: bool, account: str, now: datetime
) -> Notice:
    """Return what a webhook says. secrets: all that are in use. account: our own, '' when unknown.

    Raises: RequestRefused, for a signature that is wrong, old or of the future, no event, the other mode or account.
    """
    _check_signature(payload, signature, secrets)
    _check_age(signature, now)
    try:
        notice = _parsed(json.loads(payload), own_account=account)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise RequestRefused("The notice is not a Stripe event.", code="notice_unreadable") from None
    if notice.is_live != is_live:
        raise RequestRefused("The notice is about the other mode, test or live.", code="notice_of_other_mode")
    if notice.account_id and not notice.type.startswith(_OF_CONNECTED_ACCOUNTS):
        raise RequestRefused("The notice is about another account.", code="notice_of_other_account")
    return notice


def _check_signature(payload: bytes, signature: str, secrets: Sequence[str]) -> None:
    """Pass when one of the secrets signed this body. The library compares in constant time."""
    for secret in secrets:
        try:
            if signature.isascii() and stripe.WebhookSignature.verify_header(payload, signature, secret):
                return
        except (stripe.SignatureVerificationError, ValueError):
            continue
    raise RequestRefused("The signature of the notice is wrong.", code="notice_signature_wrong")


def _check_age(signature: str, now: datetime) -> None:
    """Pass when it was signed just now. The signature is right, so its time, as the library reads it, is Stripe's."""
    parts = (part.split("=", 2) for part in signature.split(","))
    signed_at = int(next(part[1] for part in parts if part[0] == "t"))
    if abs(now.timestamp() - signed_at) > TOLERANCE.total_seconds():
        raise RequestRefused("The notice was signed too long ago.", code="notice_too_old")


def _parsed(event: dict[str, Any], *, own_account: str) -> Notice:
    changed = event["data"]["object"]
    account = str(event.get("account") or "")
    return Notice(
        id=str(event["id"]),
        type=str(event["type"]),
        object_type=str(changed["object"]),
        object_id=str(changed.get("id") or ""),
        is_live=event["livemode"] is True,
        account_id="" if account == own_account else account,
        created_at=moment(event["created"]),
    )
