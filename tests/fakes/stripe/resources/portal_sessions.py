"""Billing portal sessions: a hosted page for a customer's cards."""

from __future__ import annotations

from typing import Any

from tests.fakes.stripe.routing import Request, endpoint
from tests.fakes.stripe.tables import new_id
from tests.fakes.stripe.world import World


@endpoint("POST", "/v1/billing_portal/sessions")
def create(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only("customer", "return_url")
    customer = params.required("customer")
    world.tables.get("customer", customer, param="customer")
    id = new_id("bps")
    return world.tables.add(
        {
            "id": id,
            "object": "billing_portal.session",
            "configuration": "bpc_default",
            "created": world.now(),
            "customer": customer,
            "flow": None,
            "livemode": False,
            "locale": None,
            "on_behalf_of": None,
            "return_url": params.text("return_url"),
            "url": f"{world.url}/portal/{id}",
        }
    )
