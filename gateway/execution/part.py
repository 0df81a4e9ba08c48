"""What a single call is within a plan of several, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from domain.usage import Role
from gateway.execution.purse import Purse


@dataclass(slots=True)
class Part:
    """role, parent_id, flags: for the usage event. purse: where the call's hold comes from, None for the leases.

    failed: the attempts before this one that failed, "service status"; notes: headers for the answer. Both belong to
    all attempts at one answer. above: the part of the call that this one belongs to; costs are passed up to it.
    remembering: the keys under which the answer will be kept; a part of it under the same key is not waited for.
    status, ttfb_ms: of the last answer, status 0 for none; charged: {currency: amount}, with all that is below.
    """

    role: Role = "primary"
    parent_id: str | None = None
    flags: tuple[str, ...] = ()
    purse: Purse | None = None
    above: Part | None = None
    failed: list[str] = field(default_factory=list)
    notes: list[tuple[bytes, bytes]] = field(default_factory=list)
    remembering: tuple[str, ...] = ()
    status: int = 0
    ttfb_ms: float | None = None
    charged: dict[str, Decimal] = field(default_factory=dict)

    def done(self, *, status: int, ttfb_ms: float | None, charged: Decimal, currency: str) -> None:
        """Take the result of the call."""
        self.status, self.ttfb_ms = status, ttfb_ms
        if self.role == "failover" and self.above is not None:  # what came of the attempts is what came of the last
            self.above.status, self.above.ttfb_ms = status, ttfb_ms
        part: Part | None = self
        while part is not None:
            part.charged[currency] = part.charged.get(currency, Decimal(0)) + charged
            part = part.above

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return what the answer says about the way it came."""
        return [*self.notes, *self.attempts()] if self.failed else self.notes

    def attempts(self) -> list[tuple[bytes, bytes]]:
        """Return what the answer says about the attempts before it."""
        if not self.failed:
            return []
        return [
            (b"x-usvc-attempts", str(len(self.failed) + 1).encode()),
            (b"x-usvc-failed", ", ".join(self.failed).encode("ascii", "replace")),
        ]
