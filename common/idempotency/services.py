"""Claims on keys, and the answers kept under them. A claim, what it does and its answer are one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from common.errors import DomainError, Invalid
from common.idempotency.models import KeptAnswer

#: How long the same key means the same request.
LIFETIME = timedelta(hours=24)
_LONGEST = 255


class RequestDiffers(DomainError):
    """The key was used for something else."""

    code = "idempotency_conflict"
    sentence = (
        "The Idempotency-Key was sent before with another request. Send a new key with a new request, "
        "or the same request again."
    )


class RequestUnderWay(DomainError):
    """The first request with the key has no answer yet."""

    code = "request_under_way"
    sentence = "A request with this Idempotency-Key is under way. Wait for its answer, then ask again."


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer a request. kept: the answer that it got before."""

    caller: str
    key: str
    fingerprint: str
    kept: KeptAnswer | None


def claim(*, caller: str, key: str, request: bytes, now: datetime) -> Claim:
    """Reserve a key until the end of the running transaction, and look for the answer of its first use.

    caller: who asks; nobody gets an answer that was another caller's.
    request: everything that makes the request what it is.
    Raises: Invalid for a key that cannot be one, RequestUnderWay, RequestDiffers.
    """
    if not 0 < len(key) <= _LONGEST or not (key.isascii() and key.isprintable()):
        raise Invalid([f"Idempotency-Key: 1 to {_LONGEST} printable characters. Send another key, or none."])
    if not _locked(caller, key):
        raise RequestUnderWay
    fingerprint = hashlib.sha256(request).hexdigest()
    kept = KeptAnswer.objects.filter(caller=caller, key=key, created_at__gt=now - LIFETIME).first()
    if kept is not None and kept.fingerprint != fingerprint:
        raise RequestDiffers
    return Claim(caller, key, fingerprint, kept)


def keep(*, claim: Claim, status: int, content_type: str, body: bytes, now: datetime) -> None:
    """Keep the answer to a claimed request. One of an earlier day under the same key is forgotten."""
    KeptAnswer.objects.update_or_create(
        caller=claim.caller,
        key=claim.key,
        defaults={
            "fingerprint": claim.fingerprint,
            "status": status,
            "content_type": content_type,
            "body": body,
            "created_at": now,
        },
    )


def forget(*, now: datetime) -> int:
    """Delete what is kept no longer. Returns how many answers that were."""
    return KeptAnswer.objects.filter(created_at__lt=now - LIFETIME).delete()[0]


def _locked(caller: str, key: str) -> bool:
    """Take the lock of a key without waiting. It ends with the transaction, also when the process dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"idempotency:{caller}:{key}"])
        return bool(cursor.fetchone()[0])
