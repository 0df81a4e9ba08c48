"""The money of a plan with several calls: set aside in one piece before the first is sent, dealt out call by call.

A failed attempt's money comes back into the purse for the next one, so another call of the customer cannot take it in
between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from gateway.leases import Hold, LeaseBook

_ZERO = Decimal(0)


@dataclass(slots=True)
class Carved(Hold):
    """A hold that was dealt out of a purse."""

    purse: Purse


class Purse:
    """Gives holds as a LeaseBook does, and takes back its own. `close` it when no other call will begin."""

    def __init__(self, leases: LeaseBook) -> None:
        self._leases = leases
        self._reserved: dict[str, Hold] = {}
        self._left: dict[str, Decimal] = {}
        self._charged: dict[str, Decimal] = {}
        self._out = 0
        self._is_closed = False

    async def fill(self, amounts: Mapping[str, Decimal]) -> None:
        """Set {wallet id: amount} aside. Raises InsufficientFunds, StoreUnavailable; then nothing is set aside."""
        try:
            for wallet_id in sorted(amounts):
                hold = await self._leases.hold(wallet_id, amounts[wallet_id])
                self._reserved[wallet_id], self._left[wallet_id] = hold, hold.amount
        except BaseException:
            self.close()
            raise

    async def hold(self, wallet_id: str, amount: Decimal) -> Hold:
        """Set `amount` aside for one call. What the purse cannot bear comes from the leases.

        Raises InsufficientFunds, StoreUnavailable.
        """
        if amount <= 0:
            return Hold(_ZERO, None)
        left = self._left.get(wallet_id, _ZERO)
        if left < amount:
            return await self._leases.hold(wallet_id, amount)
        self._left[wallet_id] = left - amount
        self._out += 1
        return Carved(amount, self._reserved[wallet_id].lease, self)

    def release(self, hold: Carved, charged: Decimal) -> None:
        """End a hold: what was not charged may be held again by this plan."""
        assert hold.lease is not None
        wallet_id = hold.lease.wallet_id
        self._out -= 1
        self._charged[wallet_id] = self._charged.get(wallet_id, _ZERO) + charged
        if self._is_closed:
            self.close()
        else:
            self._left[wallet_id] += hold.amount - charged

    def close(self) -> None:
        """Give back what the plan did not cost: now, or when the last call has ended that outlives the plan."""
        self._is_closed = True
        self._left.clear()
        if self._out:
            return
        for wallet_id, hold in self._reserved.items():
            self._leases.release(hold, self._charged.get(wallet_id, _ZERO))
        self._reserved.clear()
