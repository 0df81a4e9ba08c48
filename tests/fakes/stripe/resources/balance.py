"""The balance and its lines."""

from __future__ import annotations

from typing import Any

from tests.fakes.stripe import books
from tests.fakes.stripe.lists import DATED, page
from tests.fakes.stripe.routing import Request, endpoint
from tests.fakes.stripe.world import World


@endpoint("GET", "/v1/balance")
def retrieve(world: World, request: Request) -> dict[str, Any]:
    return books.balance(world)


@endpoint("GET", "/v1/balance_transactions/{id}")
def retrieve_line(world: World, request: Request, id: str) -> dict[str, Any]:
    books.settle(world)
    return world.tables.get("balance_transaction", id)


@endpoint("GET", "/v1/balance_transactions")
def list_lines(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(*DATED, "type", "source", "currency")
    wanted = {name: params.text(name) for name in ("type", "source", "currency") if name in params}
    books.settle(world)
    rows = world.tables.newest_first(
        "balance_transaction", lambda row: all(row[name] == value for name, value in wanted.items())
    )
    return page(params, rows, "/v1/balance_transactions")
