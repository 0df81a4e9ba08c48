"""Everything that an endpoint works on."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any

from tests.fakes.stripe.clock import Clock
from tests.fakes.stripe.tables import Object, Tables, new_id

#: The version of the API whose shapes these are; the library of the tests pins the same.
API_VERSION = "2026-10-28.endive"
OWN_ACCOUNT = "acct_1TheMarketplaceItself"


class World:
    """Tables, clock, events. `url`: where the hosted pages are; `tell`: hears of each new event."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self.tables = tables
        self.clock = clock
        self.url = ""
        self.settles_after_seconds = 0
        self.tell: Callable[[Object], None] = lambda event: None
        self._request = threading.local()

    def begin_request(self, request_id: str | None, idempotency_key: str | None) -> None:
        """Note which request the events of this thread come from."""
        self._request.origin = {"id": request_id, "idempotency_key": idempotency_key}

    def now(self) -> int:
        """Return the seconds since 1970 by the fake's clock."""
        return self.clock.now()

    def announce(
        self, type: str, about: Object, *, before: dict[str, Any] | None = None, account: str | None = None
    ) -> Object:
        """Record an event with the object as it is now. account: the connected one that it happened on."""
        shown: dict[str, Any] = {"object": copy.deepcopy(about)}
        if before is not None:
            shown["previous_attributes"] = before
        event = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "data": shown,
            "livemode": False,
            "pending_webhooks": 1,
            "request": getattr(self._request, "origin", {"id": None, "idempotency_key": None}),
            "type": type,
        }
        if account is not None:
            event["account"] = account
        self.tables.add(event)
        self.tell(event)
        return event
