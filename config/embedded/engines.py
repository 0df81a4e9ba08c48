"""PostgreSQL and Redis in folders, left running until stopped: what the suite and the benchmarks start."""

from __future__ import annotations

from pathlib import Path

from config.embedded import postgres, redis_server
from config.embedded.errors import EngineMissing
from config.embedded.redis_server import free_port

__all__ = ["EngineMissing", "free_port", "start_postgres", "start_redis", "stop_postgres", "stop_redis"]


def start_postgres(folder: Path, *, database: str = "marketplace", durable: bool = True) -> str:
    """Start PostgreSQL in `folder` (made on first use) and return the address of `database` for DATABASE_URL.

    durable: False forces nothing to the disk, for data that nobody would miss. Raises: EngineMissing.
    """
    return postgres.start(folder, database=database, durable=durable)


def stop_postgres(folder: Path) -> None:
    """Stop the PostgreSQL of `folder`, waiting for its clean shutdown."""
    postgres.stop(folder)


def start_redis(folder: Path) -> str:
    """Start Redis in `folder` on a free port and return its address for REDIS_URL. Raises: EngineMissing."""
    return redis_server.start(folder)


def stop_redis(folder: Path) -> None:
    """Stop the Redis of `folder`."""
    redis_server.stop(folder)
