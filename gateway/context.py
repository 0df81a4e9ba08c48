"""One call on its way through the pipeline. Steps read what earlier ones set."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain.pricing import CompiledPrice
from domain.routing.grammar import ParsedPath
from domain.routing.plan import Plan
from domain.routing.snapshot import ApiKeyRecord
from gateway.compiled import CompiledChannel, CompiledCustomer
from gateway.leases import Hold

Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class RequestContext:
    """event_id: the request id, known before anything is sent. started_ms: wall clock; started: monotonic seconds."""

    event_id: str
    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    started_ms: int
    started: float

    parsed: ParsedPath | None = None
    body_json: Any = None
    key: ApiKeyRecord | None = None
    customer: CompiledCustomer | None = None
    plan: Plan | None = None
    channel: CompiledChannel | None = None
    price: CompiledPrice | None = None
    hold: Hold | None = None
    url: str = ""
    upstream_headers: Headers = field(default_factory=list)
    upstream_body: bytes = b""
    added_stream_usage: bool = False
    secrets_used: set[tuple[str, str]] = field(default_factory=set)
    estimate: Decimal = Decimal(0)

    def header(self, name: bytes) -> bytes | None:
        """Return the first header of that lower-case name."""
        return next((value for key, value in self.headers if key == name), None)
