"""What the parts of a path inherit from the paths that lead to them, while a plan is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from domain.routing.asking import PlanRefused
from domain.routing.grammar import ParsedPath
from domain.routing.plan import Refusal
from domain.usage import LogLevel


@dataclass(frozen=True, slots=True)
class Frame:
    """What a path inherits from the paths around it.

    key: what is asked for; is_open: that is not known yet, so every key that could be meant is looked at.
    trail: the names that lead here; channel: what those pinned.
    """

    key: dict[str, Any] | None
    is_open: bool = False
    channel: str | None = None
    forwards: dict[str, Any] | None = None
    log: LogLevel = "none"
    retries: bool = False
    depth: int = 0
    aliases: int = 0
    trail: tuple[str, ...] = ()

    def into(self, name: str, **changes: Any) -> Frame:
        if name in self.trail:
            way = " -> ".join((*self.trail, name))
            message = f"The path leads back to itself: {way}. Re-target one of them."
            raise PlanRefused(Refusal(422, "routing_cycle", message))
        return replace(self, trail=(*self.trail, name), **changes)

    def pinning(self, parsed: ParsedPath, glued: str) -> str | None:
        """Return the channel that is pinned from here on: by the path itself, else by those that lead to it."""
        return parsed.control.get("_channel") or glued or self.channel

    def asking(self, override: dict[str, Any] | None) -> dict[str, Any]:
        """Return the changes of a routing key that is replaced from here on."""
        if not override:
            return {}
        return {"key": override, "is_open": False, "forwards": {**(self.forwards or {}), **override}}
