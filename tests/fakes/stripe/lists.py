"""Lists, a page at a time, the newest first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.fakes.stripe.errors import malformed, missing
from tests.fakes.stripe.params import Params
from tests.fakes.stripe.tables import Object

#: What every list takes, and what most take besides.
PAGING = ("limit", "starting_after", "ending_before")
DATED = (*PAGING, "created")

_COMPARISONS = {
    "gt": lambda value, limit: value > limit,
    "gte": lambda value, limit: value >= limit,
    "lt": lambda value, limit: value < limit,
    "lte": lambda value, limit: value <= limit,
}


def page(params: Params, rows: Iterable[Object], url: str) -> dict[str, Any]:
    """Return the page that the parameters ask for."""
    found = [row for row in rows if _was_created_when(params, row)]
    limit = params.integer("limit") if "limit" in params else 10
    if limit is None or not 1 <= limit <= 100:
        raise malformed("Invalid limit: must be between 1 and 100.", param="limit")
    if after := params.text("starting_after"):
        found = found[_place(found, after, "starting_after") + 1 :]
        shown, more = found[:limit], len(found) > limit
    elif before := params.text("ending_before"):
        found = found[: _place(found, before, "ending_before")]
        shown, more = found[-limit:], len(found) > limit
    else:
        shown, more = found[:limit], len(found) > limit
    return listed(shown, url, has_more=more)


def listed(rows: list[Object], url: str, *, has_more: bool = False) -> dict[str, Any]:
    """Return a list as it goes over the wire."""
    return {"object": "list", "data": rows, "has_more": has_more, "url": url}


def _was_created_when(params: Params, row: Object) -> bool:
    wanted = params.given.get("created")
    if not isinstance(wanted, dict):
        return wanted is None or row["created"] == params.integer("created")
    limits = params.table("created").only(*_COMPARISONS)
    return all(
        compare(row["created"], limits.integer(name)) for name, compare in _COMPARISONS.items() if name in limits
    )


def _place(rows: list[Object], id: str, param: str) -> int:
    for place, row in enumerate(rows):
        if row["id"] == id:
            return place
    raise missing("object", id, param=param)
