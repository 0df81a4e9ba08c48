"""A plan: what will be done for a path, expanded down to the single upstream calls before anything is sent.

A tree of frozen values. `Call` and the nodes that answer by themselves are its leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.routing.plan import Call, Refusal
from domain.routing.snapshot import ChainStep
from domain.routing.wrapping import Registration


@dataclass(frozen=True, slots=True)
class Refused:
    """A part of a plan that cannot be called. A broadcast reports it, a chain branches on it."""

    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member of a group as a call sees it. out: why it takes no part in this call, "" when it does."""

    service_id: str
    service_name: str
    provider_name: str
    weight: int
    price: Decimal | None
    enrollment_id: str | None
    out: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A group. calls: in the order in which they are tried, only the first unless the path says /f/.

    candidates: those that were looked at; all of them when the plan was made to be shown. asked: what the path asks of
    whoever answers: the channel, and members of the body that an alias sets. depends_on: what decides and is not known,
    in words; only in plans that are made to be shown.
    """

    group_id: str
    name: str
    policy: str
    calls: tuple[Call, ...]
    candidates: tuple[Candidate, ...]
    asked: str = ""
    depends_on: str = ""


@dataclass(frozen=True, slots=True)
class Depends:
    """What the request asks for decides, and that is not known: only in plans that are made to be shown.

    options: (canonical routing key, "" for a request without one; what it leads to), at least two.
    """

    options: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The models that a group offers to this customer, answered by the gateway: (id, who provides it)."""

    group: str
    models: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Failover:
    """fallback: what is called when `primary` fails; None when only the primary's own alternatives are tried."""

    primary: Node
    fallback: Node | None


@dataclass(frozen=True, slots=True)
class Tee:
    """mirror: gets a copy of the request; its answer is thrown away."""

    primary: Node
    mirror: Node


@dataclass(frozen=True, slots=True)
class Memo:
    """identity: what the key of a remembered answer is made of, besides the customer and the request."""

    ttl_seconds: int
    renew: bool
    identity: str
    inner: Node


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a chain and what it calls."""

    record: ChainStep
    timeout_ms: int
    node: Node


@dataclass(frozen=True, slots=True)
class Chain:
    """steps: at least one, the first is the first to be called; no way through them meets a step twice."""

    name: str
    steps: tuple[Step, ...]
    total_timeout_ms: int


@dataclass(frozen=True, slots=True)
class Target:
    """One target of a broadcast."""

    name: str
    timeout_ms: int
    node: Node


@dataclass(frozen=True, slots=True)
class Broadcast:
    """needed: how many targets must succeed by the policy."""

    name: str
    is_async: bool
    policy: str
    needed: int
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of one target of an earlier asynchronous broadcast."""

    task_id: str


@dataclass(frozen=True, slots=True)
class Register:
    """A call for later. path: what is called then; inner: what it would be now, so that mistakes show at once."""

    registration: Registration
    path: str
    inner: Node


Node = Call | Refused | Choice | Depends | Listing | Failover | Tee | Memo | Chain | Broadcast | Result | Register
