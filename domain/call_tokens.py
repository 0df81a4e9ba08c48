"""Call tokens: what the platform's own processes call the gateway with, for a customer and for a short time.

A token says for whom, why, until when, and, where that is wished, for which service alone and for how much money at
most. The control plane mints it after it has looked at the rights of that moment; the gateway needs no look-up to
believe it. Both know the pepper of the API keys, from which the signing key is made.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from domain.usage import Id

PREFIX = "svcrun_"
Purpose = Literal["schedule", "test", "playground"]
_LONGEST = 2048


@dataclass(frozen=True, slots=True)
class CallToken:
    """user_id: who asked for the calls, if a person did. reference: the id of the run, probe or session.

    service_id: the only service that may be called; None for any. cap: the most that all calls of the token may cost,
    in the currency of each wallet; None for no bound of its own. expires_at: seconds since 1970.
    """

    team_id: Id
    purpose: Purpose
    reference: Id
    expires_at: float
    user_id: Id | None = None
    service_id: Id | None = None
    cap: Annotated[Decimal, Field(ge=0, max_digits=30, decimal_places=12)] | None = None


_ADAPTER: TypeAdapter[CallToken] = TypeAdapter(CallToken)


def mint(token: CallToken, pepper: bytes) -> str:
    """Return the token as text."""
    body = _text(_ADAPTER.dump_json(token, exclude_none=True))
    return f"{PREFIX}{body}.{_text(_signature(body, pepper))}"


def read(text: str, pepper: bytes) -> CallToken | None:
    """Return what a text says, or None when it was not minted with this pepper. The caller looks at the time."""
    body, _, signature = text.removeprefix(PREFIX).partition(".")
    if not text.startswith(PREFIX) or len(text) > _LONGEST or not text.isascii():
        return None
    if not hmac.compare_digest(signature, _text(_signature(body, pepper))):
        return None
    try:
        return _ADAPTER.validate_json(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValidationError):
        return None


def _signature(body: str, pepper: bytes) -> bytes:
    key = hmac.digest(pepper, b"call tokens", hashlib.sha256)
    return hmac.digest(key, body.encode(), hashlib.sha256)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
