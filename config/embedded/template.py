"""A database that is migrated already, for the suite: copying one takes a blink, migrating one half a minute."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
_KEPT = 12


def migrated(address: str, *, lock: Path) -> str:
    """Return the name of a database at `address` with every migration as the files stand now; make it when missing.

    lock: a file that whoever makes one holds. The oldest beyond the last twelve are dropped.
    """
    name = f"migrated_{_fingerprint()}"
    with lock.open("w") as held, psycopg.connect(address, autocommit=True) as connection:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            _make(connection, address, name)
    return name


def beside(address: str, name: str) -> str:
    """Return the address of the database `name` in the cluster of `address`."""
    start, _, query = address.partition("?")
    return f"{start.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


def copy(address: str, name: str, *, template: str) -> str:
    """Make the database `name` anew, as `template` is, and return its address."""
    target, source = sql.Identifier(name), sql.Identifier(template)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(target))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(target, source))
    return beside(address, name)


def _fingerprint() -> str:
    """Return a digest of all migrations, ours and those of the packages as far as their lock file tells."""
    digest = hashlib.sha256((ROOT / "requirements" / "dev.txt").read_bytes())
    for folder in ("accounts", "billing", "common", "gateway_admin", "marketplace"):
        for path in sorted((ROOT / folder).rglob("migrations/*")):
            if path.suffix in (".py", ".sql"):
                digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _make(connection: psycopg.Connection, address: str, name: str) -> None:
    """Migrate under another name first: a database with the final one is whole."""
    draft = f"{name}_draft"
    for statement in ("DROP DATABASE IF EXISTS {} WITH (FORCE)", "CREATE DATABASE {}"):
        connection.execute(sql.SQL(statement).format(sql.Identifier(draft)))
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--no-input"]
    environment = {
        **os.environ,
        "DATABASE_URL": beside(address, draft),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name)))
    old = "SELECT datname FROM pg_database WHERE datname ~ '^migrated_[0-9a-f]{16}$' ORDER BY oid DESC OFFSET %s"
    for (dropped,) in connection.execute(old, [_KEPT]).fetchall():
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(dropped)))
