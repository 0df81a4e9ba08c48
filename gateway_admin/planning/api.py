"""`POST /v1/resolve`: what a call would do, without making it."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from ninja import Router, Schema
from pydantic import Field

from accounts.teams.callers import KeyRequest
from common.errors import DomainError
from common.ninja import Endpoints
from domain.routing import explanation
from domain.routing.plan import Refusal
from gateway_admin.planning import queries
from gateway_admin.planning.queries import Asked

router = Router(tags=["resolve"])
endpoint = Endpoints(router)
Json = dict[str, Any]


class ResolveIn(Schema):
    """path: as it follows the gateway's address. strategy: how groups choose, instead of their own way."""

    path: str = Field(max_length=8192)
    routing_key: Json | None = None
    strategy: Literal["weighted_random", "by_price", "lowest_latency", "sticky"] | None = None
    gateway: Literal["api", "s3", "smtp"] = "api"


class Candidate(Schema):
    service_id: UUID
    service_name: str | None
    provider_name: str | None
    weight: int
    enrollment_id: UUID | None


class ResolveOut(Schema):
    """selected: null when several services are called, none can be, or what the request asks for decides.

    plan: every stage, hold and cost as amounts.
    """

    candidates: list[Candidate]
    routing_strategy: Json | None
    selected: Candidate | None
    plan: Json


class NotCallable(DomainError):
    """The call would be refused."""

    code = "not_callable"
    sentence = "{message}"

    def __init__(self, refusal: Refusal) -> None:
        self.code = "not_found" if refusal.status == 404 else refusal.code  # type: ignore[misc]  # the gateway's own
        super().__init__(message=refusal.message)


@endpoint("POST", "/resolve", {200: ResolveOut}, makes=False)
def resolve(request: KeyRequest, body: ResolveIn) -> Json:
    """Return which service a path means, and all that a call would do. Nothing is sent and nothing is charged."""
    caller = str(request.api_key.pk)
    asked = Asked(path=body.path, routing_key=body.routing_key, policy=body.strategy, caller=caller)
    planned = queries.plan(team=request.team, asked=asked)
    if planned.refusal is not None or planned.node is None:
        raise NotCallable(planned.refusal or Refusal(404, "not_found", "There is nothing at this path."))
    return {**explanation.resolve(planned.node), "plan": planned.explained}
