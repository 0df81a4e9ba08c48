"""What the application gives to the door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.deps import Deps
from gateway.door.limits import DoorLimits
from gateway.responses import Answer
from gateway.upstream.deadlines import Deadlines

#: The key of the lifespan's state under which the door finds its desk.
STATE_KEY = "gateway.desk"


@dataclass(slots=True)
class Desk:
    """What every connection of a process shares. is_gateways: whether a raw target is the gateway's to answer.

    own_answer: what the gateway answers itself without a call (its health), or None.
    """

    deps: Deps
    deadlines: Deadlines
    is_gateways: Callable[[bytes], bool]
    own_answer: Callable[[bytes], Answer | None]

    @property
    def limits(self) -> DoorLimits:
        return self.deps.settings.door
