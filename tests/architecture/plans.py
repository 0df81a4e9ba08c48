"""What PostgreSQL reads to answer, by its own count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

Json = dict[str, Any]
Query = tuple[str, Any]


@contextmanager
def asked() -> Iterator[list[Query]]:
    """Yield a list that gets every query that is asked meanwhile."""
    queries: list[Query] = []

    def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(("SELECT", "WITH")):
            queries.append((sql, values))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        yield queries


def rows_read(query: Query) -> Counter[str]:
    """Return how many rows of each table a query looks at, whether it shows them or not."""
    sql, values = query
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", values)
        (plan,) = cursor.fetchone()[0]
    found = Counter[str]()
    for node in _nodes(plan["Plan"]):
        if "Relation Name" in node:
            found[node["Relation Name"]] += _looked_at(node)
    return found


def _looked_at(node: Json) -> int:
    passed_over = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return round((node["Actual Rows"] + sum(node.get(name, 0) for name in passed_over)) * node["Actual Loops"])


def _nodes(plan: Json) -> Iterator[Json]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)
