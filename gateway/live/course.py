"""One admitted connection while it lives: counted, paid for ahead, looked after, and ended in the books once."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from domain.usage import Outcome
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.live import admission
from gateway.live.funds import Funds, FundsSpent
from gateway.live.settings import LiveLimits
from gateway.settling import Account
from gateway.spool.errors import SpoolError
from gateway.stores.base import StoreUnavailable

log = logging.getLogger(__name__)

Why = Literal["idle", "unread", "too_long", "too_much", "funds", "refused", "unavailable", "stopping"]
_TICK_SECONDS = 0.5
#: What has to be paid for until the next look, which may come late.
_NEXT_LOOK_SECONDS = 0.75
#: A checkpoint is made after a second, and later ever more seldom.
_CHECKPOINT_SECONDS = 1.0
_CHECKPOINT_LONGEST = 5.0
_UNAVAILABLE = "The gateway cannot reach its books now. Connect again in a few seconds."


class Ended(Exception):
    """The gateway ends a connection. The sentence says why and what to do next."""

    def __init__(self, why: Why, message: str) -> None:
        self.why, self.message = why, message
        super().__init__(message)


class Course:
    """Counts what passes. bytes_in: from the client; bytes_out: to it; messages: both ways."""

    def __init__(self, ctx: RequestContext, deps: Deps) -> None:
        self._ctx, self._deps = ctx, deps
        self._account = Account(ctx, deps)
        self._funds = Funds(ctx, deps)
        self._is_settled = False
        self._status = 0
        self.bytes_in = self.bytes_out = self.messages = 0
        now = time.monotonic()
        self.touched_at = now
        self._checkpoint_at = now + _CHECKPOINT_SECONDS
        self._recheck_at = now + self._limits.recheck_seconds
        self._ends_at, self._most_bytes = self._ends(), self._most()

    @property
    def _limits(self) -> LiveLimits:
        return self._deps.settings.live

    def open(self) -> None:
        """Note in the books that the attempt will be made. Raises SpoolError."""
        self._account.open()

    def answered(self, status: int) -> None:
        """Note the upstream's answer. status: as HTTP has it, 0 while there is none."""
        self._status = status
        self._account.first_byte_at = self._account.first_byte_at or time.monotonic()

    def may_pass(self, bytes_in: int = 0, bytes_out: int = 0, messages: int = 0) -> bool:
        """Return whether so much more has been paid for already."""
        return self._funds.cover(self._used(bytes_in, bytes_out, messages))

    async def pay(self, bytes_in: int = 0, bytes_out: int = 0, messages: int = 0) -> None:
        """Hold the money for so much more. Raises Ended."""
        await self._hold(self._used(bytes_in, bytes_out, messages))

    async def _hold(self, used: Mapping[str, int | Decimal]) -> None:
        try:
            await self._funds.reach(used)
        except FundsSpent as error:
            raise Ended("funds", str(error)) from error
        except StoreUnavailable as error:
            raise Ended("unavailable", _UNAVAILABLE) from error

    def passed(self, bytes_in: int = 0, bytes_out: int = 0, messages: int = 0) -> None:
        """Count what has passed. Raises Ended when it is more than the service allows."""
        self.bytes_in += bytes_in
        self.bytes_out += bytes_out
        self.messages += messages
        self.touched_at = time.monotonic()
        if self._most_bytes and self.bytes_out > self._most_bytes:
            raise Ended("too_much", f"The service sends at most {self._most_bytes} bytes. Connect again.")

    async def watch(self) -> None:
        """Look after the connection for ever. Raises Ended."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now = time.monotonic()
            self._check_times(now)
            if now >= self._recheck_at:
                self._recheck_at = now + self._limits.recheck_seconds
                await self._recheck()
            if not self._funds.cover(self._used(ahead=2 * _TICK_SECONDS)):
                await self._pay_for_time()
            if now >= self._checkpoint_at:
                self._checkpoint(now)

    async def settle(self, outcome: Outcome, flags: tuple[str, ...] = ()) -> None:
        """Make the usage durable and let the rest of the money go. Only the first time counts. Raises SpoolError."""
        if self._is_settled:
            return
        self._is_settled = True
        self._renew_account()
        # who was refused has used nothing
        usage = self._used() if 0 < self._status < 400 else {}
        event = self._account.event(outcome, usage, flags, status=self._status, response_bytes=self.bytes_out)
        await asyncio.shield(self._account.close(event))

    def _used(
        self, bytes_in: int = 0, bytes_out: int = 0, messages: int = 0, ahead: float = 0.0
    ) -> dict[str, int | Decimal]:
        return {
            "bytes_in": self.bytes_in + bytes_in,
            "bytes_out": self.bytes_out + bytes_out,
            "count": self.messages + messages,
            "seconds": self._account.seconds() + Decimal(str(ahead)),
        }

    def _check_times(self, now: float) -> None:
        limits = self._limits
        if now >= self._ends_at:
            message = f"A connection lasts at most {round(self._ends_at - self._ctx.started)} s. Connect again."
            raise Ended("too_long", message)
        if now - self.touched_at > limits.idle_seconds:
            raise Ended("idle", f"Nothing was sent for {limits.idle_seconds:g} s. Connect again, and send pings.")

    async def _pay_for_time(self) -> None:
        """Hold the money for the next minute; at the end of the money, until the next look. Raises Ended."""
        try:
            await self._funds.reach(self._used(ahead=2 * _TICK_SECONDS))
        except (FundsSpent, StoreUnavailable):
            await self._hold(self._used(ahead=_NEXT_LOOK_SECONDS))

    async def _recheck(self) -> None:
        """Ask again whether the customer may call this. Raises Ended."""
        ctx = self._ctx
        asked = RequestContext(
            event_id=ctx.event_id,
            method=ctx.method,
            path=ctx.path,
            query=ctx.query,
            headers=ctx.headers,
            body=b"",
            started_ms=ctx.started_ms,
            started=ctx.started,
            access=ctx.access,
        )
        try:
            await admission.who_and_what(asked, self._deps)
        except StoreUnavailable:
            return  # what is paid for goes on, as calls do
        except GatewayError as error:
            if error.status < 500:
                raise Ended("refused", error.message) from error

    def _checkpoint(self, now: float) -> None:
        self._checkpoint_at = now + min(max(_CHECKPOINT_SECONDS, (now - self._ctx.started) / 10), _CHECKPOINT_LONGEST)
        if not self._status:
            return
        self._renew_account()
        try:
            self._account.checkpoint(self._used(), (), status=self._status, response_bytes=self.bytes_out)
        except SpoolError as error:
            raise Ended("unavailable", _UNAVAILABLE) from error

    def _renew_account(self) -> None:
        self._account.request_bytes = self.bytes_in
        self._account.begin_anew()

    def _ends(self) -> float:
        longest = self._limits.longest_seconds
        bounds = self._ctx.channel.bounds if self._ctx.channel is not None else None
        if bounds is not None and bounds.constraints.total_seconds:
            longest = min(longest, float(bounds.constraints.total_seconds))
        return self._ctx.started + longest

    def _most(self) -> int:
        bounds = self._ctx.channel.bounds if self._ctx.channel is not None else None
        return bounds.constraints.response_bytes or 0 if bounds is not None else 0
