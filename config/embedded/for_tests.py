"""The suite's engines: started on first use, shared by all workers, left running for the next run.

`make stop-engines` ends them.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from config.embedded import engines, template
from domain import sealing

FOLDER = Path(tempfile.gettempdir()) / f"marketplace-tests-{os.getuid()}"


def provide(environ: MutableMapping[str, str] = os.environ) -> None:
    """Put the addresses of PostgreSQL and Redis and a pair of keys into the environment, where it names none."""
    FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if "DATABASE_URL" not in environ:
            environ["DATABASE_URL"] = engines.start_postgres(FOLDER / "postgres", durable=False)
        if "REDIS_URL" not in environ:
            environ["REDIS_URL"] = engines.start_redis(FOLDER / "redis")
        keys = FOLDER / "keys.json"
        if not keys.exists():
            keys.write_text(json.dumps(sealing.new_key_pair()))
        if "SECRETS_PRIVATE_KEYS" not in environ:
            environ["SECRETS_PRIVATE_KEYS"], environ["SECRETS_PUBLIC_KEY"] = json.loads(keys.read_text())


def migrated_database(environ: Mapping[str, str] = os.environ) -> str:
    """Return the name of a migrated database that the suite's databases are copies of."""
    return template.migrated(environ["DATABASE_URL"], lock=FOLDER / "template.lock")


def stop() -> None:
    """End the engines that an earlier run left."""
    engines.stop_postgres(FOLDER / "postgres")
    engines.stop_redis(FOLDER / "redis")


if __name__ == "__main__":
    stop()
