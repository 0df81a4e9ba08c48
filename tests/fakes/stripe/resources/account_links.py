"""Account links: the address of the page where a seller gives Stripe what it asks for. Good once, and for minutes."""

from __future__ import annotations

import secrets
from typing import Any

from tests.fakes.stripe.routing import Request, endpoint
from tests.fakes.stripe.world import World

_SECONDS = 300


@endpoint("POST", "/v1/account_links")
def create(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only("account", "type", "return_url", "refresh_url")
    account = world.tables.get("account", params.required("account"), param="account")
    params.choice("type", ("account_onboarding", "account_update")) or params.required("type")
    token = secrets.token_urlsafe(12)
    world.tables.hidden(f"link_{token}").update(
        account=account["id"],
        return_url=params.required("return_url"),
        refresh_url=params.required("refresh_url"),
        expires_at=world.now() + _SECONDS,
    )
    return {
        "object": "account_link",
        "created": world.now(),
        "expires_at": world.now() + _SECONDS,
        "url": f"{world.url}/onboarding/{token}",
    }
