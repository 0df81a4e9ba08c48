"""Plans of calls, made as the gateway makes them: by the same function, from the same records."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
from django.utils import timezone

from accounts.teams.models import Team
from domain import metering, pricing
from domain.money import rounded
from domain.pricing import PricingError
from domain.routing import expansion, explanation, grammar
from domain.routing.asking import Asker, Need, PlanRefused
from domain.routing.matching import Table, enrollment_table, routing_key_of
from domain.routing.plan import Call, Refusal
from domain.routing.snapshot import CODECS, CUSTOMER, ROUTE, CustomerRecord
from domain.routing.tree import Node, Refused
from gateway_admin.publishing import queries as publishing
from gateway_admin.publishing.models import PublishedRecord

_SEGMENTS_LOOKED_AT = 12
#: What calls are assumed to use when nobody says what is sent: a short question and a short answer.
_TYPICAL = {"max_tokens": 500}
_TYPICAL_BYTES = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """A call to be planned. path: as it follows the gateway's address, with its query. body: of the request, or None.

    routing_key, body: neither of them where it is not known what the call asks for; then every answer is looked at.
    policy: how groups choose, instead of their own way. caller: the id of the API key that calls, "" for any.
    body_bytes: how long the request is as it is sent, where that is known. usual_output: so many tokens are answered as
    a rule; None: as many as may be.
    """

    path: str
    routing_key: dict[str, Any] | None = None
    method: str = "POST"
    body: dict[str, Any] | None = None
    policy: str | None = None
    caller: str = ""
    body_bytes: int | None = None
    usual_output: int | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """node: the plan. refusal: why nothing would be sent; then node may be None. explained: the plan as a mapping."""

    node: Node | None
    refusal: Refusal | None
    explained: dict[str, Any]


def plan(*, team: Team, asked: Asked) -> Planned:
    """Return what a call of the team would do now. Whether services are healthy is known to the gateways alone."""
    customer = _customer(team)
    path, _, query = asked.path.strip().partition("?")
    key = asked.routing_key or routing_key_of(asked.body)
    asker = Asker(
        customer=customer,
        own=enrollment_table(customer),
        routing_key=key,
        draw=random.random,
        method=asked.method,
        caller=asked.caller,
        shows_all=True,
        policy=asked.policy,
        is_key_open=key is None and asked.body is None,
        access="any",
    )
    try:
        node = _expand(grammar.parse_inner(path, query=query), asker)
        return Planned(node, node.refusal if isinstance(node, Refused) else None, _explained(node, asked))
    except grammar.BadPath as error:
        return Planned(None, Refusal(error.status, error.code, error.message), {})
    except PlanRefused as error:
        return Planned(None, error.refusal, {})
    except PricingError as error:
        message = f"The price cannot be computed for this call: {error}. Ask the seller."
        return Planned(None, Refusal(422, "price_not_computable", message), {})


def _expand(parsed: grammar.ParsedPath, asker: Asker) -> Node:
    work = expansion.expand(parsed, asker)
    need = next(work)
    while True:
        try:
            need = work.send(_record(need))
        except StopIteration as done:
            node: Node = done.value
            return node


def _record(need: Need) -> Any:
    if need.kind == "routes":
        return _routes(need.key)
    body = publishing.body(need.kind, need.key)
    return None if body is None else CODECS[need.kind].decode(body)


def _routes(path: str) -> Table:
    """Return a table of the published paths that begin a raw path."""
    segments = path.split("/")[:_SEGMENTS_LOOKED_AT]
    whole = ["/".join(segments[:length]) for length in range(1, len(segments) + 1)]
    wanted = {each for path in whole for each in (path, path.rpartition("@")[0]) if each}
    table = Table()
    rows = PublishedRecord.objects.filter(kind="route", key__in=wanted, body__isnull=False)
    for body in rows.values_list("body", flat=True):
        table.set_record(ROUTE.decode(body))
    return table


def _customer(team: Team) -> CustomerRecord:
    body = publishing.body("customer", str(team.pk))
    if body is None:
        return CustomerRecord(team_id=str(team.pk), wallets={}, secret_names=frozenset(), enrollments=())
    return CUSTOMER.decode(body)


def _explained(node: Node, asked: Asked) -> dict[str, Any]:
    body = asked.body if asked.body is not None else _TYPICAL
    size = asked.body_bytes
    if size is None:
        size = _TYPICAL_BYTES if asked.body is None else _bytes(asked.body)
    return explanation.explain(
        node, lambda call: _most(call, body, size), lambda call: _most(call, body, size, asked.usual_output)
    )


def _bytes(body: dict[str, Any]) -> int:
    """Return how long a body is when it is sent. Its numbers may be larger than orjson writes."""
    return len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def _most(call: Call, body: dict[str, Any], size: int, output: int | None = None) -> Decimal:
    """Return what a call costs at most. output: when no more tokens than these are answered."""
    if call.enrollment is not None and call.enrollment.is_covered(timezone.now().timestamp()):
        return Decimal(0)
    bound = dict(metering.hold_usage(call.channel.access_method, body, size, call.service.details))
    if output is not None and bound.get("output_tokens", 0) > output:
        bound |= {"output_tokens": output, "total_tokens": bound["input_tokens"] + output}
    compiled = _compiled(orjson.dumps(call.price.price).decode())
    return rounded(compiled.worst_case(bound, channel=call.channel.name))


@lru_cache(maxsize=256)
def _compiled(price: str) -> pricing.CompiledPrice:
    return pricing.compile(orjson.loads(price))
