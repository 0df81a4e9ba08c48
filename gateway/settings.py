"""What a gateway process is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from gateway.door.limits import DoorLimits
from gateway.grpc.settings import GrpcPort
from gateway.live.settings import LiveLimits


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """database_url: of the narrow role; private_keys: X25519, base64, newest first; spool_directory: a disk that stays.

    allow_private_upstreams: for development alone, lets calls go to this machine and its network.
    redis_url: where answers are remembered; "" keeps them in this process. site_url: where errors send people.
    body_limit_bytes: of one request, held whole. platform_hosts: our own; callers' keys go to no others.
    grpc: a port of its own over TLS, None for none.
    """

    database_url: str
    api_key_pepper: bytes = field(repr=False)
    private_keys: tuple[str, ...] = field(repr=False)
    spool_directory: Path
    gateway_id: str
    site_url: str
    allow_private_upstreams: bool = False
    known_secret_hosts: dict[str, frozenset[str]] = field(default_factory=dict)
    body_limit_bytes: int = 10 * 1024 * 1024
    lease_ttl_seconds: int = 60
    lease_chunk: Decimal = Decimal(1)
    poll_seconds: float = 0.25
    trust_seconds: float = 30
    drain_seconds: float = 10
    secret_cache_seconds: float = 30
    redis_url: str = field(default="", repr=False)
    platform_hosts: frozenset[str] = frozenset()
    door: DoorLimits = field(default_factory=DoorLimits)
    live: LiveLimits = field(default_factory=LiveLimits)
    grpc: GrpcPort | None = None
