"""What the cells of one run work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.teams.models import Team
from domain import enrollment_terms as terms
from marketplace.testing.models import Fault, Outcome, ResultStatus, TestRun
from marketplace.testing.runner import Runner
from marketplace.testing.services.cells import Cell

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Scene:
    """root: of the gateway, for calls from here."""

    run: TestRun
    team: Team
    root: str
    runner: Runner
    clock: Clock

    def channels(self, cell: Cell) -> list[str]:
        """Return the channels that can be asked directly as the interface is: all active ones, or the cell's own."""
        method = cell.tested.interface.access_method
        active = terms.active_channels(self.run.service.offering.data)
        names = [name for name, channel in active if (channel.get("access_method") or "http") == method]
        return [name for name in names if not cell.channel or name == cell.channel]

    def address(self, cell: Cell, root: str) -> str:
        """Return where a cell's interface is called below a root; a cell with a channel names it."""
        address = cell.tested.address(root)
        return f"{address}@{cell.channel}" if cell.channel else address

    def direct_address(self, channel: str, root: str) -> str:
        """Return where a channel is asked directly."""
        return f"{root}/p/{self.run.service_id}@{channel}"


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a cell, as it is recorded."""

    status: ResultStatus
    outcome: Outcome
    fault: Fault | str = ""
    error: str = ""
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    env: dict[str, str] = field(default_factory=dict)
    rendered_script: str = ""
    upstream_channels: dict[str, Any] = field(default_factory=dict)
    duration_ms: int = 0
