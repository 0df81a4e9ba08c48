"""Who calls: the key in one of the headers that the popular clients use."""

from __future__ import annotations

import time
from typing import cast

from domain import call_tokens
from domain.call_tokens import CallToken
from domain.routing.snapshot import ApiKeyRecord
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.records import Missing


async def run(ctx: RequestContext, deps: Deps) -> None:
    """Set ctx.key and ctx.customer. Raises GatewayError 401 or 403, StoreUnavailable."""
    while ctx.customer is None and (missing := look(ctx, deps)) is not None:
        await missing.load()


def look(ctx: RequestContext, deps: Deps, *, presented: str | None = None) -> Missing | None:
    """Set ctx.key and ctx.customer, or return what has to be read first. Raises as `run` does.

    presented: the key, where it has been read of the head.
    """
    raw = presented_key(ctx) if presented is None else presented
    if not raw:
        message = "No API key was given. Send it as 'Authorization: Bearer svcpass_…', 'x-api-key' or 'api-key'."
        raise GatewayError(401, "unauthenticated", message)
    deps.records.check_trust()
    if raw.startswith(call_tokens.PREFIX):
        ctx.token = _token(raw, deps)
        key = _in_place_of_a_key(ctx.token)
    else:
        found = _key(raw, deps)
        if isinstance(found, Missing):
            return found
        key = found
    if key.team_kind != "customer":
        message = "This key belongs to a seller account. Call the gateway with a key of a customer account."
        raise GatewayError(403, "not_a_customer_key", message)
    if not key.may_call:
        message = "The role of this key may not make calls. Create a key with the role Developer."
        raise GatewayError(403, "key_may_not_call", message)
    known, customer = deps.records.shelves["customer"].peek(key.team_id)
    if not known:
        return Missing(deps.records.shelves["customer"], key.team_id)
    if customer is None:
        raise GatewayError(403, "account_closed", "This account may not make calls now. Write to support.")
    ctx.key, ctx.customer = key, customer
    if key.id:
        deps.use_marks.key_used(key.id)
    return None


def _key(raw: str, deps: Deps) -> ApiKeyRecord | Missing:
    digest = deps.keys.of(raw)
    if digest is None:
        message = "This is not an API key of ours: letters are missing or mistyped. Copy it again, or create a new one."
        raise GatewayError(401, "unauthenticated", message)
    known, key = deps.records.shelves["api_key"].peek(digest)
    if not known:
        return Missing(deps.records.shelves["api_key"], digest)
    if key is None or (key.expires_at is not None and key.expires_at <= time.time()):
        message = "The API key is unknown, expired or revoked. Create a new one under Developer, API keys."
        raise GatewayError(401, "unauthenticated", message)
    return cast(ApiKeyRecord, key)


def _token(raw: str, deps: Deps) -> CallToken:
    token = call_tokens.read(raw, deps.settings.api_key_pepper)
    if token is None or token.expires_at <= time.time():
        raise GatewayError(401, "unauthenticated", "The call token is unknown or expired. Ask for a new one.")
    return token


def _in_place_of_a_key(token: CallToken) -> ApiKeyRecord:
    """Return what a key would say. Who minted the token has looked at the rights of that moment."""
    return ApiKeyRecord(
        id="", team_id=token.team_id, team_kind="customer", user_id=token.user_id, may_call=True, expires_at=None
    )


def presented_key(ctx: RequestContext) -> str:
    """Return the key as the client sent it, or nothing."""
    authorization = ctx.header(b"authorization")
    if authorization is not None:
        scheme, _, value = authorization.partition(b" ")
        if scheme.lower() == b"bearer" and value.strip():
            return value.strip().decode("latin-1")
    return (ctx.header(b"x-api-key") or ctx.header(b"api-key") or b"").decode("latin-1").strip()
