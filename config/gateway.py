"""The gateway's settings from the environment, and the gateway alone as an ASGI application.

`uvicorn config.gateway:application --http gateway.door.protocol:DoorProtocol` serves the data plane on a host of its
own; `config.asgi` mounts it beside the pages. Neither loads Django here.
"""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

from config import defaults, env
from gateway.app import GatewayApp
from gateway.grpc.settings import GrpcPort
from gateway.live.settings import LiveLimits
from gateway.settings import GatewaySettings


def gateway_settings() -> GatewaySettings:
    """Read the environment. Raises SettingError naming the variable."""
    site_url = env.url("SITE_URL", "http://127.0.0.1:8000")
    known: dict[str, set[str]] = {}
    for pair in env.words("KNOWN_SECRET_HOSTS", defaults.KNOWN_SECRET_HOSTS):
        name, _, host = pair.partition("=")
        known.setdefault(name, set()).add(host.lower())
    return GatewaySettings(
        database_url=env.text("GATEWAY_DATABASE_URL", env.text("DATABASE_URL")),
        api_key_pepper=env.text("API_KEY_PEPPER").encode(),
        private_keys=tuple(env.words("SECRETS_PRIVATE_KEYS")),
        spool_directory=Path(env.text("GATEWAY_SPOOL_DIR", ".data/spool")),
        gateway_id=env.text("GATEWAY_ID", socket.gethostname()),
        site_url=site_url,
        allow_private_upstreams=env.flag("ALLOW_PRIVATE_UPSTREAMS", False),
        known_secret_hosts={name: frozenset(hosts) for name, hosts in known.items()},
        body_limit_bytes=env.integer("GATEWAY_BODY_LIMIT_BYTES", 10 * 1024 * 1024),
        live=LiveLimits(
            idle_seconds=env.integer("GATEWAY_IDLE_SECONDS", 300),
            longest_seconds=env.integer("GATEWAY_LONGEST_SECONDS", 14_400),
            message_bytes=env.integer("GATEWAY_MESSAGE_LIMIT_BYTES", 16 * 1024 * 1024),
            connections=env.integer("GATEWAY_CONNECTIONS", 10_000),
            connections_per_customer=env.integer("GATEWAY_CONNECTIONS_PER_CUSTOMER", 1000),
        ),
        grpc=_grpc_port(),
        redis_url=env.text("REDIS_URL", ""),
        platform_hosts=frozenset(
            urlsplit(address).hostname or "" for address in (site_url, env.url("API_GATEWAY_BASE_URL", site_url))
        ),
    )


def _grpc_port() -> GrpcPort | None:
    """Return where gRPC is heard over TLS. Raises SettingError for a port without a certificate."""
    port = env.integer("GATEWAY_GRPC_PORT", 0)
    if not port:
        return None
    host = env.text("GATEWAY_GRPC_HOST", "0.0.0.0")  # noqa: S104  for all who call
    certificate, key = env.text("GATEWAY_GRPC_CERTIFICATE", ""), env.text("GATEWAY_GRPC_KEY", "")
    if not certificate or not key:
        raise env.SettingError(
            "GATEWAY_GRPC_PORT needs GATEWAY_GRPC_CERTIFICATE and GATEWAY_GRPC_KEY, paths of PEM files."
        )
    return GrpcPort(host, port, Path(certificate), Path(key))


application = GatewayApp(gateway_settings)
