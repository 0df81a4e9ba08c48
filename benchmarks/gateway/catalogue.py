"""Published records of any number, made when they are asked for: the figures shall be the gateway's own."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import orjson

from domain import api_keys
from domain.routing.snapshot import (
    ALIAS,
    API_KEY,
    CUSTOMER,
    ROUTE,
    SERVICE,
    AliasRecord,
    AliasRow,
    ApiKeyRecord,
    ChannelRecord,
    CustomerRecord,
    PriceRecord,
    RouteEntry,
    RouteRecord,
    ServiceRecord,
)
from gateway.stores.base import Changes, Stored

PEPPER = b"pepper"
UPSTREAM = "http://127.0.0.1:9"
TEAM, WALLET, _SELLER = (f"7d0d8e0e-0000-4000-8000-00000000000{digit}" for digit in "abc")
BALANCE = {WALLET: Decimal(1_000_000)}


@cache
def key(number: int) -> str:
    """Return an API key."""
    return api_keys.new_key()


@dataclass(frozen=True)
class Catalogue:
    """Services with a path each, and one customer with keys and aliases."""

    services: int = 1
    keys: int = 1
    aliases: int = 0

    async def fetch(self, kind: str, name: str) -> Stored:
        return Stored(_text(self._body(kind, name)), 1)

    async def fetch_all(self, kind: str) -> dict[str, Any]:
        return {_path(number): _text(_route(number)) for number in range(self.services)} if kind == "route" else {}

    async def changes(self, since_version: int) -> Changes:
        return Changes((), since_version)

    async def horizon(self) -> int:
        return 2

    def _body(self, kind: str, name: str) -> Any:
        match kind:
            case "api_key":
                return API_KEY.encode(
                    ApiKeyRecord(_id(9, _digests(self.keys)[name]), TEAM, "customer", None, True, None)
                )
            case "customer":
                return CUSTOMER.encode(CustomerRecord(TEAM, {"USD": WALLET}, frozenset(), ()))
            case "service":
                return SERVICE.encode(_service(int(name[-12:])))
            case "alias":
                number = int(name.rpartition("-")[2])
                row = AliasRow(_id(8, number), f"p/{_path(number % self.services)}")
                return ALIAS.encode(AliasRecord(name.rpartition("/")[2], (row,)))
        return None


def _text(body: Any) -> str | None:
    """Return what the database does."""
    return None if body is None else orjson.dumps(body).decode()


def _id(kind: int, number: int) -> str:
    return f"7d0d8e0e-000{kind}-4000-8000-{number:012d}"


def _path(number: int) -> str:
    return f"bench/chat-{number}"


def _route(number: int) -> Any:
    return ROUTE.encode(RouteRecord(_path(number), (RouteEntry(None, _id(1, number)),)))


def _price(number: int) -> PriceRecord:
    """Return a service's own price."""
    amounts = {"input": f"{number % 97}.25", "output": f"{number % 89}.75"}
    return PriceRecord(_id(7, number), "USD", {"type": "one_million_tokens", **amounts})


def _service(number: int) -> ServiceRecord:
    config = {"base_url": f"{UPSTREAM}/{number // 100}"}  # a seller's services are reached in one way
    channel = ChannelRecord("default", "managed", "http", config, (), ())
    return ServiceRecord(
        _id(1, number), _path(number), "bench", _SELLER, "active", "public", False, _price(number), (channel,)
    )


@cache
def _digests(keys: int) -> dict[str, int]:
    return {api_keys.digest(key(number), PEPPER): number for number in range(keys)}
