"""Events: what happened, with the objects as they were then."""

from __future__ import annotations

from typing import Any

from tests.fakes.stripe.lists import DATED, page
from tests.fakes.stripe.routing import Request, endpoint
from tests.fakes.stripe.world import World


@endpoint("GET", "/v1/events/{id}")
def retrieve(world: World, request: Request, id: str) -> dict[str, Any]:
    return world.tables.get("event", id)


@endpoint("GET", "/v1/events")
def list_(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(*DATED, "type", "types")
    types = {*params.words("types"), *([params.required("type")] if "type" in params else [])}
    rows = world.tables.newest_first("event", lambda row: not types or row["type"] in types)
    return page(params, rows, "/v1/events")
