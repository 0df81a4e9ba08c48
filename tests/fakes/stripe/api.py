"""One call of the API from its key to its answer: who asks, what goes wrong, idempotency, the endpoint, expansion."""

from __future__ import annotations

import json
from typing import Any

from tests.fakes.stripe.errors import Refused, broken, invalid, rate_limited, unauthorized
from tests.fakes.stripe.expansion import expanded
from tests.fakes.stripe.faults import Fault, Faults
from tests.fakes.stripe.idempotency import Keys
from tests.fakes.stripe.resources import (
    account_links,
    accounts,
    balance,
    charges,
    checkout_sessions,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    portal_sessions,
    refunds,
    setup_intents,
    transfers,
)
from tests.fakes.stripe.routing import Request, answer
from tests.fakes.stripe.tables import new_id
from tests.fakes.stripe.world import World

#: Importing them is what registers their endpoints.
RESOURCES = (
    account_links,
    accounts,
    balance,
    charges,
    checkout_sessions,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    portal_sessions,
    refunds,
    setup_intents,
    transfers,
)

Answer = tuple[int, dict[str, Any], dict[str, str]]


class Silent(Exception):
    """No answer will come."""


class Reset(Exception):
    """The connection breaks."""


class Api:
    """The API of one world. secret_key: the only key that it takes."""

    def __init__(self, world: World, faults: Faults, secret_key: str) -> None:
        self.world = world
        self.faults = faults
        self.secret_key = secret_key
        self.keys = Keys()
        self.keys.remember(world.tables.kept.get("keys", {}), world.now())
        self.requests: list[Request] = []

    def handle(self, request: Request) -> Answer:
        """Return status, body and headers. Raises: Silent, Reset."""
        request.id = new_id("req", 14)
        self.requests.append(request)
        try:
            self._check_key(request)
            status, body, headers = self._with_faults(request)
        except Refused as refused:
            status, body, headers = refused.status, refused.body, {}
        return (
            status,
            body,
            {"Request-Id": request.id, "Stripe-Version": request.headers.get("stripe-version", ""), **headers},
        )

    def _check_key(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if not key:
            raise unauthorized(
                "You did not provide an API key. You need to provide your API key in the Authorization header."
            )
        if scheme != "Bearer" or key != self.secret_key:
            raise unauthorized(f"Invalid API Key provided: {key[:8]}{'*' * max(len(key) - 12, 0)}{key[-4:]}")
        if request.account and request.account not in (self.world.tables.find(request.account) or {}).get("id", ""):
            raise invalid("The provided key does not have access to account.", code="account_invalid", status=403)

    def _with_faults(self, request: Request) -> Answer:
        rule = self.faults.next(request.method, request.path)
        fault = rule.fault if rule else None
        if fault is Fault.SILENT_BEFORE:
            raise Silent
        if fault is Fault.RESET_BEFORE:
            raise Reset
        if fault is Fault.ERROR_BEFORE:
            raise broken()
        if fault is Fault.RATE_LIMITED:
            raise rate_limited()
        held = rule if rule and rule.fault is Fault.HELD else None
        if held:
            held.met.set()
        done = self._once(request, fails=fault is Fault.ERROR_AFTER, held=held)
        if fault is Fault.SILENT_AFTER:
            raise Silent
        if fault is Fault.RESET_AFTER:
            raise Reset
        if fault is Fault.LOST_AFTER:
            return 503, broken().body, {}
        return done

    def _once(self, request: Request, *, fails: bool, held: Any) -> Answer:
        key = request.idempotency_key
        if request.method != "POST" or not key:
            return (*self._run(request, fails=fails, held=held)[0], {})
        asked = (request.method, request.path, json.dumps(request.params.given, sort_keys=True))
        before = self.keys.begin(key, asked, self.world.now())
        if before is not None:
            return (*before, {"Idempotent-Replayed": "true", "Idempotency-Key": key, **_retry(before[0])})
        kept = False
        try:
            done, kept = self._run(request, fails=fails, held=held)
            if kept:
                self.keys.keep(key, done)
        finally:
            if not kept:
                self.keys.free(key)
            with self.world.tables.lock:
                self.world.tables.save(lambda: {"keys": self.keys.answered()})
        return (*done, {"Idempotency-Key": key, **_retry(done[0])})

    def _run(self, request: Request, *, fails: bool, held: Any) -> tuple[tuple[int, dict[str, Any]], bool]:
        """Execute a request. Returns the answer, and whether a repetition gets it again."""
        if held is not None:
            held.go.wait()
        world = self.world
        with world.tables.lock:
            world.begin_request(request.id, request.idempotency_key)
            try:
                body = expanded(world.tables, answer(world, request), request.params.words("expand"))
                done, kept = (200, body), True
            except Refused as refused:
                done, kept = (refused.status, refused.body), refused.is_kept
            finally:
                world.begin_request(None, None)
        if fails:
            return (500, broken().body), True
        return done, kept


def _retry(status: int) -> dict[str, str]:
    """Tell the library that asking again is no use: it would be told the same."""
    return {"Stripe-Should-Retry": "false"} if status >= 500 else {}
