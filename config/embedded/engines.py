"""PostgreSQL and Redis in folders, left running until stopped: what the suite and the benchmarks start.

`python -m config.embedded.engines stop FOLDER` stops what was started there.
"""

from __future__ import annotations

import sys
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


def main(arguments: list[str]) -> int:
    """Stop the engines of a folder."""
    if len(arguments) != 2 or arguments[0] != "stop":
        print("Usage: python -m config.embedded.engines stop FOLDER", file=sys.stderr)
        return 2
    stop_postgres(Path(arguments[1]) / "postgres")
    stop_redis(Path(arguments[1]) / "redis")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
