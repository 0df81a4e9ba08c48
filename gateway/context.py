"""One call on its way through the pipeline. Steps read what earlier ones set."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from domain.call_tokens import CallToken
from domain.pricing import CompiledPrice
from domain.routing.grammar import ParsedPath
from domain.routing.plan import Access, Call
from domain.routing.snapshot import ApiKeyRecord
from domain.routing.tree import Node
from gateway.compiled import CompiledChannel, CompiledCustomer
from gateway.leases import Hold

if TYPE_CHECKING:
    from gateway.budgets import Taken
    from gateway.candidates import CompiledCandidate
    from gateway.execution.part import Part
    from gateway.limits import Allowance
    from gateway.plain.repeats import Repeat
    from gateway.replies import Reply
    from gateway.request_log.trail import Trail
    from gateway.upload import Upload

Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class RequestContext:
    """event_id: the request id, known before anything is sent. started_ms: wall clock; started: monotonic seconds.

    access: how the call came in. What follows it is set by the steps.
    token: with which the platform calls for the customer, in place of a key of theirs; then key has no id.
    plan: the one upstream call. tree, part: set instead, and beside it, when there is more to do than that call.
    upstream_method, upstream_host: "" for the caller's method and the address's host. reply: makes the answer.
    budget: what the call took of its token's. candidate: the service that a test token is for.
    trail: what is noted of the call for its customer's log, when that is more than its usage tells.
    allowance: what the limits of the channel have granted; limit_headers: what the answer tells of them.
    known: what its usage event shares with other calls, when that has been written before.
    session: by what the client ties its calls together, once that was read of the head.
    upload: the body, when it is too long to be held; `body` is empty then.
    repeat: what is known of its head, shared with other calls; of calls that may take the short way.
    """

    event_id: str
    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    started_ms: int
    started: float

    access: Access = "http"
    parsed: ParsedPath | None = field(init=False, default=None)
    body_json: Any = field(init=False, default=None)
    key: ApiKeyRecord | None = field(init=False, default=None)
    token: CallToken | None = field(init=False, default=None)
    customer: CompiledCustomer | None = field(init=False, default=None)
    plan: Call | None = field(init=False, default=None)
    channel: CompiledChannel | None = field(init=False, default=None)
    price: CompiledPrice | None = field(init=False, default=None)
    hold: Hold | None = field(init=False, default=None)
    budget: Taken | None = field(init=False, default=None)
    candidate: CompiledCandidate | None = field(init=False, default=None)
    url: str = field(init=False, default="")
    upstream_headers: Headers = field(init=False, default_factory=list)
    upstream_body: bytes = field(init=False, default=b"")
    added_stream_usage: bool = field(init=False, default=False)
    secrets_used: set[tuple[str, str]] = field(init=False, default_factory=set)
    estimate: Decimal = field(init=False, default=Decimal(0))
    tree: Node | None = field(init=False, default=None)
    part: Part | None = field(init=False, default=None)
    upstream_method: str = field(init=False, default="")
    upstream_host: str = field(init=False, default="")
    reply: Reply | None = field(init=False, default=None)
    allowance: Allowance | None = field(init=False, default=None)
    limit_headers: Headers | None = field(init=False, default=None)
    known: bytes = field(init=False, default=b"")
    trail: Trail | None = field(init=False, default=None)
    repeat: Repeat | None = field(init=False, default=None)
    session: str | None = field(init=False, default=None)
    upload: Upload | None = field(init=False, default=None)

    _named: dict[bytes, bytes] | None = field(init=False, default=None)

    @property
    def is_direct(self) -> bool:
        """Whether it is a test's call straight to the upstream, past limits and money."""
        return self.candidate is not None and self.candidate.record.is_direct

    @property
    def body_bytes(self) -> int:
        """Return how long the body is."""
        return len(self.body) if self.upload is None else self.upload.length

    def header(self, name: bytes) -> bytes | None:
        """Return the first header of that lower-case name."""
        if self._named is None:
            self._named = dict(reversed(self.headers))
        return self._named.get(name)

    def add_header(self, name: bytes, value: bytes) -> None:
        """Take a header that came in another way."""
        self.headers.append((name, value))
        self._named = None
