"""The usage event: what the data plane tells the control plane of one billable call. The only thing on the way back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, TypeAdapter

Outcome = Literal["completed", "interrupted", "failed", "refused"]
Role = Literal["primary", "failover", "tee", "broadcast", "chain"]
LogLevel = Literal["none", "truncated", "complete"]
Origin = Literal["call", "schedule", "test", "playground"]
_LARGEST = 10**15

#: Canonical text only. A pattern costs a tenth of a microsecond, a UUID object two; an event has eight of them.
Id = Annotated[str, Field(pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
Text = Annotated[str, Field(max_length=2048, pattern=r"^[^\x00-\x1f\x7f]*$")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3,7}$")]
Flags = Annotated[tuple[Annotated[str, Field(pattern="^[a-z][a-z_]{0,39}$")], ...], Field(max_length=20)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=30, decimal_places=12)]
Metric = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,49}$")]
Quantity = Annotated[int, Field(strict=True, ge=0, le=_LARGEST)] | Annotated[Decimal, Field(ge=0, le=_LARGEST)]
Metrics = Annotated[dict[Metric, Quantity], Field(max_length=40)]
Count = Annotated[int, Field(strict=True, ge=0)]
Milliseconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """One upstream attempt. Ids are UUID texts; amounts of money are in `currency`.

    hold: the most that may be charged. usage: {metric: amount} as in the price language, never negative.
    status: of the upstream's answer, 0 for none. flags: such as estimated, recovered, hostile_usage, tee.
    role: what the attempt was within its call; parent_id: the request id of that call, when it is another one.
    log: what of the call its customer wants kept.
    origin: who made the call, a client or the platform for its customer; origin_id: then the run, probe or session,
    and user_id who asked for it. session: by which the client ties its calls together.
    latency_ms: of the call; upstream_ms: of it, from the sending of the request to the end of the answer.
    Made by hand it is taken as it is; read with `from_json` every field is checked.
    """

    event_id: Id
    team_id: Id
    wallet_id: Id
    service_id: Id
    enrollment_id: Id | None
    api_key_id: Id | None
    price_version_id: Id
    currency: Currency
    channel: Text | None
    lease_id: Id | None
    hold: Amount
    usage: Metrics
    status: Annotated[int, Field(ge=0, le=999)]
    outcome: Outcome
    flags: Flags
    started_at: AwareDatetime
    finished_at: AwareDatetime
    gateway_id: Text
    method: Text = ""
    path: Text = ""
    routing_key: dict[str, Any] | None = None
    request_bytes: Count = 0
    response_bytes: Count = 0
    latency_ms: Milliseconds = 0
    ttfb_ms: Milliseconds | None = None
    role: Role = "primary"
    parent_id: Id | None = None
    log: LogLevel = "none"
    session: Annotated[str, Field(max_length=100)] = ""
    upstream_ms: Milliseconds | None = None
    origin: Origin = "call"
    origin_id: Id | None = None
    user_id: Id | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the mapping that travels. Decimals are texts."""
        mapping: dict[str, Any] = _ADAPTER.dump_python(self, mode="json")
        return mapping

    def to_bytes(self) -> bytes:
        """Return the same as JSON text."""
        return _ADAPTER.dump_json(self)

    @property
    def period(self) -> datetime:
        """Return the first moment of the month that the call counts in."""
        return self.finished_at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)

    @property
    def is_billable(self) -> bool:
        """Return whether the call was answered, wholly or in part, and not with an error."""
        return self.outcome in {"completed", "interrupted"} and 0 < self.status < 400


_ADAPTER: TypeAdapter[UsageEvent] = TypeAdapter(UsageEvent)


def from_json(payload: object) -> UsageEvent:
    """Return the event of a stored mapping. Raises pydantic.ValidationError (a ValueError) when it is not one."""
    return _ADAPTER.validate_python(payload)


def from_bytes(payload: bytes | str) -> UsageEvent:
    """Return the event of a JSON text. Raises pydantic.ValidationError (a ValueError) when it is not one."""
    return _ADAPTER.validate_json(payload)
