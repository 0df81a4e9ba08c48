"""Services that are tested: one that is not on sale yet is called by its test as it would be once it is."""

from __future__ import annotations

from dataclasses import dataclass

from domain.routing.matching import Table, canonical
from domain.routing.snapshot import CandidateRecord
from gateway.compiled import CompiledCustomer, CompiledService, compile_customer, compile_service
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError


@dataclass(frozen=True, slots=True)
class CompiledCandidate:
    """A candidate ready for calls. routes: the paths of its interfaces, and no others."""

    record: CandidateRecord
    service: CompiledService
    customer: CompiledCustomer
    routes: Table


def compile_candidate(record: CandidateRecord) -> CompiledCandidate:
    """Return the candidate ready for calls."""
    routes = Table()
    for path in {route.path for route in record.routes}:
        at_path = [canonical(route.routing_key) for route in record.routes if route.path == path]
        routes.set(path, [(key, record.service.id) for key in at_path])
    return CompiledCandidate(record, compile_service(record.service), compile_customer(record.customer), routes)


async def enter(ctx: RequestContext, deps: Deps) -> None:
    """Let the call of a test see the service that its token is for, and no other. Raises GatewayError 401."""
    assert ctx.token is not None
    candidate = await deps.records.shelves["candidate"].get(ctx.token.reference)
    if candidate is None:
        raise GatewayError(401, "unauthenticated", "The test of this call token has ended. Run the tests again.")
    ctx.candidate, ctx.customer = candidate, candidate.customer


def check_is_one_call(ctx: RequestContext) -> None:
    """Refuse a test that goes straight to the upstream with more than one call. Raises GatewayError 422."""
    if ctx.plan is None:
        message = "A test that goes straight to the upstream calls one service. Take wrappers and groups out of it."
        raise GatewayError(422, "cannot_test", message)
