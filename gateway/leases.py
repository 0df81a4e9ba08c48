"""Money that this process may spend: drawn from wallets in leases, carved into holds without asking anybody.

A hold is the worst case of one call. What a call does not use flows back into the lease at once; what a lease does not
use flows back into the wallet after a few idle seconds. Small wallets are drawn call by call, so nothing of theirs
lies idle here; busy ones are drawn ahead.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from gateway.stores.base import LeaseEnded, LeaseStore, StoreUnavailable

_ZERO = Decimal(0)
#: Calls a second from which a wallet counts as busy.
_BUSY = 20
#: A lease draws ahead at most this part of what the wallet has left.
_AHEAD = 16
#: The most that can be asked of the books at a time: they count below 10^18.
_MOST = Decimal(10**18 - 1)


class InsufficientFunds(Exception):
    """The wallet cannot cover the worst case of the call. Both amounts in its currency."""

    def __init__(self, *, needed: Decimal, spendable: Decimal, wallet_id: str = "") -> None:
        self.needed, self.spendable, self.wallet_id = needed, spendable, wallet_id
        super().__init__("The wallet cannot cover the call.")


class Lease:
    """Money of one wallet. left: not carved into holds; good_until: monotonic seconds.

    returning: on its way back to the wallet, as return number `returns`. It may have arrived although no answer came,
    so nothing is carved from it, and exactly this return is repeated before any other.
    """

    __slots__ = ("calls", "good_until", "id", "in_flight", "left", "returning", "returns", "used_at", "wallet_id")

    def __init__(self, wallet_id: str, now: float) -> None:
        self.id = str(uuid.uuid4())
        self.wallet_id = wallet_id
        self.left = _ZERO
        self.returning = _ZERO
        self.returns = 0
        self.in_flight = 0
        self.good_until = 0.0
        self.used_at = now
        self.calls = 0


@dataclass(slots=True)
class Hold:
    """The worst case of one call, set aside. lease: None for a free call."""

    amount: Decimal
    lease: Lease | None

    @property
    def lease_id(self) -> str | None:
        """Return the lease's id for the usage event."""
        return self.lease.id if self.lease else None


@dataclass(slots=True)
class _Waiter:
    amount: Decimal
    granted: asyncio.Future[Hold]


class LeaseBook:
    """All leases of this process.

    ttl_seconds: of a lease without renewal. chunk: the most that is drawn ahead. idle_seconds: until a lease is
    given back.
    """

    def __init__(
        self,
        store: LeaseStore,
        *,
        ttl_seconds: float,
        chunk: Decimal = Decimal(1),
        idle_seconds: float = 3,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._ttl, self._chunk = store, ttl_seconds, chunk
        self._idle_seconds, self._clock = idle_seconds, clock
        self._leases: dict[str, Lease] = {}
        self._old: set[Lease] = set()
        self._waiting: dict[str, deque[_Waiter]] = {}
        self._drawing: dict[str, asyncio.Task[None]] = {}
        self._spendable: dict[str, Decimal] = {}

    async def hold(self, wallet_id: str, amount: Decimal) -> Hold:
        """Set `amount` aside. Raises InsufficientFunds, StoreUnavailable."""
        if (hold := self.at_once(wallet_id, amount)) is not None:
            return hold
        self._current(wallet_id, self._clock())
        waiter = _Waiter(amount, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(wallet_id, deque()).append(waiter)
        if wallet_id not in self._drawing:
            self._drawing[wallet_id] = asyncio.create_task(self._draw(wallet_id))
        try:
            return await waiter.granted
        except asyncio.CancelledError:
            if waiter.granted.done() and not waiter.granted.cancelled() and waiter.granted.exception() is None:
                self.release(waiter.granted.result(), _ZERO)
            raise

    def at_once(self, wallet_id: str, amount: Decimal) -> Hold | None:
        """Set `amount` aside out of what has been drawn already; None when that does not do."""
        if amount <= 0:
            return Hold(_ZERO, None)
        now, lease = self._clock(), self._leases.get(wallet_id)
        if lease is None or lease.left < amount or now >= lease.good_until or wallet_id in self._waiting:
            return None
        return self._carve(lease, amount, now)

    def release(self, hold: Hold, charged: Decimal) -> None:
        """End a hold: what was not charged may be held again. charged: at most the hold."""
        if hold.lease is None:
            return
        hold.lease.left += hold.amount - charged
        hold.lease.in_flight -= 1
        hold.lease.used_at = self._clock()

    async def grow(self, hold: Hold, wallet_id: str, amount: Decimal) -> None:
        """Set `amount` more aside for a call under way. Raises InsufficientFunds, StoreUnavailable; nothing changes."""
        more = await self.hold(wallet_id, amount)
        if more.lease is not None and hold.lease is not None and more.lease is not hold.lease:
            # the lease has been replaced: a call is charged to one lease, so all of it moves to the new one
            try:
                moved = await self.hold(wallet_id, hold.amount)
            except BaseException:
                self.release(more, _ZERO)
                raise
            if moved.lease is not more.lease:
                self.release(more, _ZERO)
                self.release(moved, _ZERO)
                raise StoreUnavailable("The lease of the wallet is being replaced.")
            self.release(Hold(hold.amount, hold.lease), _ZERO)
            more.lease.in_flight -= 1
        elif hold.lease is not None and more.lease is not None:
            more.lease.in_flight -= 1  # one call, one hold
        hold.lease = more.lease or hold.lease
        hold.amount += more.amount

    async def keep(self, every_seconds: float = 1) -> None:
        """Renew leases and give idle ones back, until cancelled."""
        renewed_at = 0.0
        while True:
            await asyncio.sleep(every_seconds)
            with contextlib.suppress(StoreUnavailable):
                if self._clock() - renewed_at > self._ttl / 6:
                    await self.renew()
                    renewed_at = self._clock()
                await self.give_back_idle()

    async def renew(self) -> None:
        """Make the open leases good for another while, and forget those that the books have ended.

        Raises StoreUnavailable.
        """
        asked_at = self._clock()
        full = [lease for lease in [*self._leases.values(), *self._old] if lease.left]
        alive = await self._store.renew()
        for lease in full:
            if lease.id not in alive:
                self._end(lease)
            elif lease.good_until > asked_at:
                lease.good_until = asked_at + self._ttl

    async def give_back_idle(self, *, at_once: bool = False) -> None:
        """Return what idle and outdated leases have left. at_once: all of it, for shutdown. Raises StoreUnavailable."""
        now = self._clock()
        for lease in [*self._leases.values(), *self._old]:
            lease.calls = 0
            idle = lease in self._old or at_once or now - lease.used_at > self._idle_seconds
            if not (idle or lease.returning) or lease.wallet_id in self._drawing:
                continue
            if lease.left and not lease.returning:
                lease.returning, lease.left = lease.left, _ZERO
                lease.returns += 1
            await self._return(lease)
            # while the books were asked, a call may have ended, or have begun to draw on the lease
            if lease.in_flight or lease.left or lease.wallet_id in self._drawing:
                continue
            self._old.discard(lease)
            if self._leases.get(lease.wallet_id) is lease:
                del self._leases[lease.wallet_id]

    async def _return(self, lease: Lease) -> None:
        """Carry out the return of the lease, if there is one, or repeat it. Raises StoreUnavailable."""
        if lease.returning:
            number = lease.returns
            await self._store.give_back(lease_id=lease.id, amount=lease.returning, number=number)
            if lease.returns == number:
                lease.returning = _ZERO

    def _current(self, wallet_id: str, now: float) -> Lease:
        lease = self._leases.get(wallet_id)
        if lease is not None and lease.good_until and now >= lease.good_until:
            # the database may have taken it back: start anew, and return the rest if it is still ours
            self._old.add(self._leases.pop(wallet_id))
            lease = None
        if lease is None:
            lease = self._leases[wallet_id] = Lease(wallet_id, now)
        return lease

    def _carve(self, lease: Lease, amount: Decimal, now: float) -> Hold:
        lease.left -= amount
        lease.in_flight += 1
        lease.calls += 1
        lease.used_at = now
        return Hold(amount, lease)

    async def _draw(self, wallet_id: str) -> None:
        try:
            while waiting := self._waiting.get(wallet_id):
                await self._draw_once(wallet_id, waiting)
                if not waiting:
                    del self._waiting[wallet_id]
        except Exception as error:  # whatever it is, those who wait must hear of it
            self._refuse(self._waiting.pop(wallet_id, ()), error)
        finally:
            del self._drawing[wallet_id]

    async def _draw_once(self, wallet_id: str, waiting: deque[_Waiter]) -> None:
        lease = self._current(wallet_id, self._clock())
        batch = len(waiting)
        needed = sum((waiter.amount for waiter in waiting), _ZERO) - lease.left
        if needed > 0 or self._clock() >= lease.good_until:
            await self._return(lease)  # the books may need it for this draw
            minimum = max(min(waiter.amount for waiter in waiting) - lease.left, _ZERO)
            asked_at = self._clock()
            wanted = min(max(needed, _ZERO) + self._ahead(lease), _MOST)
            try:
                drawn = await self._store.draw(lease_id=lease.id, wallet_id=wallet_id, minimum=minimum, wanted=wanted)
            except LeaseEnded:
                self._end(lease)
                return
            lease.left += drawn.granted
            lease.good_until = asked_at + self._ttl
            self._spendable[wallet_id] = drawn.spendable
        for _ in range(batch):
            self._serve(lease, waiting.popleft())

    def _end(self, lease: Lease) -> None:
        lease.left = _ZERO
        if self._leases.get(lease.wallet_id) is lease:
            del self._leases[lease.wallet_id]
        self._old.discard(lease)

    def _serve(self, lease: Lease, waiter: _Waiter) -> None:
        if waiter.granted.done():
            return
        if lease.left >= waiter.amount:
            waiter.granted.set_result(self._carve(lease, waiter.amount, self._clock()))
            return
        spendable = self._spendable.get(lease.wallet_id, _ZERO) + lease.left
        refusal = InsufficientFunds(needed=waiter.amount, spendable=spendable, wallet_id=lease.wallet_id)
        waiter.granted.set_exception(refusal)

    def _ahead(self, lease: Lease) -> Decimal:
        if lease.calls < _BUSY:
            return _ZERO
        return min(self._chunk, self._spendable.get(lease.wallet_id, _ZERO) / _AHEAD)

    @staticmethod
    def _refuse(waiting: deque[_Waiter] | tuple[()], error: Exception) -> None:
        for waiter in waiting:
            if not waiter.granted.done():
                waiter.granted.set_exception(error)
