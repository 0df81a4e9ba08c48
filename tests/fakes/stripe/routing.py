"""Which function answers which address."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.stripe.errors import unknown_address
from tests.fakes.stripe.params import Params
from tests.fakes.stripe.world import World


@dataclass(slots=True)
class Request:
    """One call of the API. account: the connected one it acts for, '' for our own."""

    method: str
    path: str
    params: Params
    idempotency_key: str | None = None
    account: str = ""
    id: str = ""
    headers: dict[str, str] = field(default_factory=dict)


Endpoint = Callable[..., dict[str, Any]]
_ENDPOINTS: list[tuple[str, re.Pattern[str], Endpoint]] = []


def endpoint(method: str, pattern: str) -> Callable[[Endpoint], Endpoint]:
    """Let the function answer here. It is given the world, the request, and what stands for each {} of the pattern."""
    compiled = re.compile(re.sub(r"\{\w*\}", "([^/]+)", pattern))

    def register(function: Endpoint) -> Endpoint:
        _ENDPOINTS.append((method, compiled, function))
        return function

    return register


def answer(world: World, request: Request) -> dict[str, Any]:
    """Return what the endpoint of a request answers. Raises: Refused."""
    for method, pattern, function in _ENDPOINTS:
        found = pattern.fullmatch(request.path)
        if found and method == request.method:
            return function(world, request, *found.groups())
    raise unknown_address(request.method, request.path)
