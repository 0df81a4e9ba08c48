"""A database of its own with one seller's service, a customer, money and a key; and on request many more of each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from config.embedded import engines
from domain import sealing

PATH = "/p/bench/chat/chat/completions"


@dataclass(frozen=True)
class World:
    """environment: for every process of the benchmark; key: of the customer. calls: a file of 'key path' lines."""

    environment: dict[str, str]
    key: str
    calls: Path


def build(folder: Path, *, upstream_port: int, services: int, keys: int) -> World:
    """Start the engines in `folder`, migrate, and fill."""
    private, public = sealing.new_key_pair()
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": engines.start_postgres(folder / "postgres"),
        "REDIS_URL": engines.start_redis(folder / "redis"),
        "SECRET_KEY": "benchmark" * 6,
        "API_KEY_PEPPER": "benchmark",
        "SECRETS_PUBLIC_KEY": public,
        "SECRETS_PRIVATE_KEYS": private,
        "GATEWAY_SPOOL_DIR": str(folder / "spool"),
        "ALLOW_PRIVATE_UPSTREAMS": "1",
        "DATA_DIR": str(folder),
        "LOG_LEVEL": "ERROR",
    }
    inherited = {**os.environ, **environment}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True, env=inherited)
    arguments = [str(upstream_port), str(services), str(keys), str(folder / "calls")]
    filled = subprocess.run(
        [sys.executable, "-m", "benchmarks.gateway.fill", *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=inherited,
    )
    return World(environment, json.loads(filled.stdout.splitlines()[-1])["key"], folder / "calls")


def stop(folder: Path) -> None:
    """Stop the engines."""
    engines.stop_redis(folder / "redis")
    engines.stop_postgres(folder / "postgres")
