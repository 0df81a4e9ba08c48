"""Signed notices of events: taken by a test, or posted by a thread that tries again.

A notice is signed as Stripe does it: `t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>">`.
Source: https://docs.stripe.com/webhooks#verify-manually
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.fakes.stripe.clock import Clock
from tests.fakes.stripe.tables import Object


@dataclass(frozen=True, slots=True)
class Notice:
    """A body and its signature, ready to be posted."""

    event: Object
    payload: bytes
    signature: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": self.signature}


@dataclass(slots=True)
class Knobs:
    """How the network treats notices. copies: of each; shuffle: a seed to mix them by; drop: types that get lost."""

    copies: int = 1
    shuffle: int | None = None
    drop: Sequence[str] = ()
    secret: str | None = None
    is_live: bool = False
    account: str | None = None
    signed_seconds_ago: int = 0


@dataclass(slots=True)
class Outbox:
    """The events that have not been told yet. clock: signs with the fake's time."""

    secret: str
    clock: Clock
    knobs: Knobs = field(default_factory=Knobs)
    pending: list[Object] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def put(self, event: Object) -> None:
        """Have an event to tell."""
        with self.arrived:
            self.pending.append(event)
            self.arrived.notify_all()

    def clear(self) -> None:
        """Have nothing to tell, and no misfortunes on the way."""
        with self.arrived:
            self.pending.clear()
            self.knobs = Knobs()

    def take(self) -> list[Notice]:
        """Return what is to be told now, as the knobs have it; what they drop is lost."""
        with self.arrived:
            events, self.pending = self.pending, []
        knobs = self.knobs
        events = [event for event in events if event["type"] not in knobs.drop for _ in range(knobs.copies)]
        if knobs.shuffle is not None:
            random.Random(knobs.shuffle).shuffle(events)
        return [self.signed(event) for event in events]

    def deliver(self, post: Callable[[Notice], int]) -> int:
        """Post what is to be told, and keep for the next time what was not taken. post: returns the status.

        Returns how many were taken. What the taking itself gives rise to is told next time.
        """
        taken = 0
        for notice in self.take():
            if 200 <= post(notice) < 300:
                notice.event["pending_webhooks"] = 0
                taken += 1
            else:
                self.put(notice.event)
        return taken

    def signed(self, event: Object) -> Notice:
        """Return the notice of an event."""
        knobs = self.knobs
        told = {**event, "livemode": True} if knobs.is_live else dict(event)
        if knobs.account is not None:
            told["account"] = knobs.account
        payload = json.dumps(told, indent=2).encode()
        at = self.clock.now() - knobs.signed_seconds_ago
        return Notice(event, payload, signature(payload, secret=knobs.secret or self.secret, at=at))


def signature(payload: bytes, *, secret: str, at: int) -> str:
    """Return the value of the header Stripe-Signature."""
    digest = hmac.new(secret.encode(), b"%d." % at + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
