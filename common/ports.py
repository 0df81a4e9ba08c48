"""Functions that an upper floor provides to the floors below it.

A lower floor may not import an upper one. Where it needs something done there in the same transaction, it calls a
port, and the upper floor plugs its function in when the application starts (`AppConfig.ready`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, ParamSpec, TypeVar
from uuid import UUID

P = ParamSpec("P")
R = TypeVar("R")


class Port(Generic[P, R]):
    """A socket for one function. Calling it before something is plugged in is a mistake of the set-up."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._function: Callable[P, R] | None = None

    def plug(self, function: Callable[P, R]) -> Callable[P, R]:
        """Provide the function. Returns it, so that it serves as a decorator."""
        self._function = function
        return function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        if self._function is None:
            raise RuntimeError(f"Nothing is plugged into the port {self.name!r}; is its application installed?")
        return self._function(*args, **kwargs)


#: A record of the data plane must be compiled anew, in the running transaction: publish(kind, key).
#: kinds: "service" (service id), "customer" (team id), "route" (path), "api_key" (digest), "secret" (team id/name).
publish: Port[[str, str], None] = Port("publish")

#: The names of the secrets and variables that a team has: secret_names(team id).
secret_names: Port[[UUID], frozenset[str]] = Port("secret_names")

#: What people call services: service_names(service ids) -> {id: name}. Unknown ids are left out.
service_names: Port[[Iterable[UUID]], dict[UUID, str]] = Port("service_names")
