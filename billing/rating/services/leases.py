"""The end of leases whose process is gone."""

from __future__ import annotations

from django.db import connection

#: A process that was silent for so long after its lease ran out does not come back.
GRACE_SECONDS = 300
#: Leases that ended are kept for so long, to be looked at. An event that comes later finds none, which is the same.
KEPT_DAYS = 7


def end_leases(*, grace_seconds: int = GRACE_SECONDS, limit: int = 1000) -> int:
    """Let go of retired leases whose events are all settled, and fence expired ones. Returns how many ended.

    Call it outside of a transaction: each step locks wallets in their order, and lets go of them.
    """
    return _count("SELECT lease_release_retired(%s)", limit) + _count(
        "SELECT lease_fence_expired(%s, %s)", grace_seconds, limit
    )


def forget_leases(*, limit: int = 10_000) -> int:
    """Delete leases that ended long ago. Returns how many."""
    return _count(
        "WITH old AS (SELECT id FROM wallets_lease WHERE state IN ('closed', 'fenced')"
        " AND expires_at < now() - make_interval(days => %s) LIMIT %s FOR UPDATE SKIP LOCKED),"
        " gone AS (DELETE FROM wallets_lease l USING old WHERE l.id = old.id RETURNING 1) SELECT count(*) FROM gone",
        KEPT_DAYS,
        limit,
    )


def _count(statement: str, *arguments: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        (count,) = cursor.fetchone()
        return int(count)
