"""Functions that an upper floor provides to the floors below it.

A lower floor may not import an upper one. Where it needs something done there in the same transaction, it calls a
port, and the upper floor plugs its function in when the application starts (`AppConfig.ready`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, NamedTuple, ParamSpec, TypeVar
from uuid import UUID

from django.db.models import Func

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
#: kinds: "service" (service id), "customer" (team id), "route" (path), "api_key" (digest), "secret" (team id/name),
#: and by the names that calls use, as domain.routing.snapshot says: "alias", "group", "chain", "broadcast".
publish: Port[[str, str], None] = Port("publish")

#: The names of the secrets and variables that a team has: secret_names(team id).
secret_names: Port[[UUID], frozenset[str]] = Port("secret_names")

#: What people call services: service_names(service ids) -> {id: name}. Unknown ids are left out.
service_names: Port[[Iterable[UUID]], dict[UUID, str]] = Port("service_names")

#: The codes by which enrollments are called: enrollment_codes(enrollment ids) -> {id: code}. Unknown ids are left out.
enrollment_codes: Port[[Iterable[UUID]], dict[UUID, str]] = Port("enrollment_codes")


#: The expression of how many threads a team has not read: unread_threads(the column with the team's id).
unread_threads: Port[[str], Func] = Port("unread_threads")


class ServiceFacts(NamedTuple):
    """What a promotion may ask about a service. groups: those it is in, as (id of the owner or None, name)."""

    seller_id: UUID
    name: str
    groups: frozenset[tuple[UUID | None, str]]


#: What promotions ask about services: service_facts(service ids) -> {id: facts}. Unknown ids are left out.
service_facts: Port[[Iterable[UUID]], dict[UUID, ServiceFacts]] = Port("service_facts")

#: A promotion checked as a seller's file is: checked_promotion(content) -> (as it is stored, sentences of its errors).
checked_promotion: Port[[dict[str, Any]], tuple[dict[str, Any], list[str]]] = Port("checked_promotion")

#: The names of the plans that teams are subscribed to now: plans_of(team ids) -> {id: names}; without any: left out.
plans_of: Port[[Iterable[UUID]], dict[UUID, frozenset[str]]] = Port("plans_of")

#: What promotions that sellers pay for took off statements: statement_discounts(service ids, month) ->
#: [(service id, currency, amount)].
statement_discounts: Port[[Iterable[UUID], date], list[tuple[UUID, str, Decimal]]] = Port("statement_discounts")

#: The tests of a submitted service begin, in the running transaction; False when there are none here:
#: begin_tests(service id, id of the person or None, now).
begin_tests: Port[[UUID, UUID | None, datetime], bool] = Port("begin_tests")

#: Why a service cannot be approved as far as its tests go, "" when it can: approval_hindrance(service id).
approval_hindrance: Port[[UUID], str] = Port("approval_hindrance")

#: Test runs as tasks that a seller's client polls: test_tasks(seller's team id, task ids) -> {id: entry}.
test_tasks: Port[[UUID, Iterable[str]], dict[str, dict[str, Any]]] = Port("test_tasks")

#: A subscription opens, pauses or ends the enrollment that it pays for, in the running transaction:
#: enrollment_access(enrollment id, "open" | "paused" | "ended", now).
enrollment_access: Port[[UUID, str, datetime], None] = Port("enrollment_access")

#: An upload that a template rendered has become a service: template_ingested(team id, task key, service id).
template_ingested: Port[[UUID, str, UUID], None] = Port("template_ingested")

#: A platform service was uploaded with the template of its members, in the running transaction:
#: platform_published(service id, template as uploaded, now) -> what the seller's client learns of it.
platform_published: Port[[UUID, dict[str, Any], datetime], dict[str, Any]] = Port("platform_published")
