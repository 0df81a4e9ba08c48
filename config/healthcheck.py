"""`python -m config.healthcheck http PORT | engines`: the health check of a container. Ends with 0 when all is well."""

from __future__ import annotations

import http.client
import sys

import psycopg
import redis

from config import env

_TIMEOUT = 3


def answers(port: int, *, host: str = "127.0.0.1") -> bool:
    """Return whether the server there answers, other than that it is broken."""
    connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def engines_answer() -> bool:
    """Return whether a process without a door can do its work: both engines can be reached from here."""
    try:
        with psycopg.connect(env.text("DATABASE_URL"), connect_timeout=_TIMEOUT) as database:
            database.execute("SELECT 1")
        with redis.Redis.from_url(env.text("REDIS_URL"), socket_timeout=_TIMEOUT) as broker:
            return bool(broker.ping())
    except (psycopg.Error, redis.RedisError):
        return False


def main(arguments: list[str]) -> int:
    """Return the exit status."""
    match arguments:
        case ["http", port]:
            return 0 if answers(int(port)) else 1
        case ["engines"]:
            return 0 if engines_answer() else 1
    print(__doc__, file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
