"""What goes to the upstream: address, headers, body, with secrets put in for this call alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from domain import metering, templating
from domain.template_syntax import Owner, SecretReference, Template, TemplateError
from domain.transforming.errors import TransformFailed
from domain.url_components import Component
from gateway import upload as uploads
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.rendered import Rendering
from gateway.secrets import SecretUnreadable
from gateway.steps import reshape
from gateway.steps.address import address
from gateway.steps.bodies import written
from gateway.upstream import headers as crossing

_BEARER_SCHEMES = ("bearer ", "basic ", "token ")


async def run(ctx: RequestContext, deps: Deps) -> None:
    """Set ctx.url, ctx.upstream_headers and ctx.upstream_body. Raises GatewayError, StoreUnavailable."""
    channel = ctx.channel
    assert channel is not None
    if ctx.upload is not None:
        uploads.check(ctx, ctx.upload, deps.settings.body_limit_bytes)
    if (rendering := deps.rendered.of(channel)) is not None:
        use(rendering, ctx, deps)
        return
    context = template_context(ctx)
    try:
        values = await _secret_values(ctx, deps, context)
        lookup = _lookup(values)
        base = templating.render(channel.base_url, context, component=Component.URL, secrets=lookup)
        if not _is_own_address(ctx, context, values):
            _check_consent(ctx, deps, values, urlsplit(base).hostname or "")
        wanted = _wanted(ctx, context, lookup)
        ctx.upstream_headers = _beside(wanted, ctx)
        if channel.shaping is not None:
            if channel.shaping.transformer.host:
                _check_consent(ctx, deps, values, urlsplit(f"//{channel.shaping.transformer.host}").hostname or "")
            reshape.run(ctx, deps, channel.shaping, reshape.Given(base, context, lookup, replaced(ctx, context)))
            return
        ctx.url = address(base, _rest(ctx), ctx)
        ctx.upstream_body = _body(ctx, context)
        if all(value is not None for value, _ in values.values()):  # a default gives way once the secret is stored
            used = {(_owner_id(ctx, owner), name) for owner, name in values}
            deps.rendered.keep(channel, base, wanted, used)
    except templating.MissingSecret as error:
        raise _missing(error) from error
    except (TemplateError, TransformFailed, SecretUnreadable) as error:
        raise _unfit(ctx, error) from error


def template_context(ctx: RequestContext) -> dict[str, Any]:
    """Return the names that a channel's templates may read."""
    assert ctx.plan is not None
    enrollment = ctx.plan.enrollment
    context: dict[str, Any] = {"routing_vars": ctx.plan.service.routing_vars, "service_name": ctx.plan.service.name}
    if enrollment is not None:
        assert ctx.customer is not None
        context["params"] = enrollment.parameters
        context["enrollment"] = {
            "code": enrollment.code,
            "id": enrollment.id,
            "customer_id": ctx.customer.record.team_id,
            "parameters": enrollment.parameters,
        }
    return context


Values = dict[tuple[Owner, str], tuple[str | None, frozenset[str]]]


async def _secret_values(ctx: RequestContext, deps: Deps, context: dict[str, Any]) -> Values:
    """Return {(owner, name): (value or None, hosts with a standing consent)} for every reference of the channel."""
    assert ctx.channel is not None
    assert ctx.plan is not None
    values: Values = {}
    for reference in ctx.channel.secret_references():
        name = _name(reference, context)
        team_id = _owner_id(ctx, reference.owner)
        if reference.owner == "seller" and not ctx.channel.host_is_sellers:
            message = f"{ctx.plan.service.name} would send its seller's secret to a host that the seller did not write."
            raise GatewayError(502, "config_error", f"{message} Tell its seller.")
        value = await deps.secrets.value(team_id, name) if name else None
        values[(reference.owner, name)] = (value.text, value.hosts) if value else (None, frozenset())
        if value:
            ctx.secrets_used.add((team_id, name))
            deps.use_marks.secret_used(team_id, name)
    return values


def _owner_id(ctx: RequestContext, owner: Owner) -> str:
    assert ctx.plan is not None
    assert ctx.customer is not None
    if owner == "seller" or ctx.candidate is not None:  # in a test the seller stands in for the customer
        return ctx.plan.service.seller_id
    return ctx.customer.record.team_id


def _name(reference: SecretReference, context: dict[str, Any]) -> str:
    if reference.name is not None:
        return reference.name
    assert reference.name_template is not None
    value: Any = context
    for part in reference.name_template.path:
        value = value.get(part) if isinstance(value, dict) else None
    return str(value if value is not None else reference.name_template.default or "")


def _lookup(values: Values) -> templating.SecretLookup:
    def lookup(owner: Owner, name: str) -> str | None:
        return values.get((owner, name), (None, frozenset()))[0]

    return lookup


def _is_own_address(ctx: RequestContext, context: dict[str, Any], values: Values) -> bool:
    """Return whether the host stands in a secret that the customer stored: then the customer chose it.

    A seller's default for such a secret, or for a parameter, is the seller's choice and needs the consent.
    """
    assert ctx.channel is not None
    base_url = ctx.channel.base_url
    choosing = [
        part
        for part, component in zip(base_url.parts, base_url.components, strict=True)
        if not isinstance(part, str) and component in {Component.ADDRESS, Component.HOST, Component.LABEL}
    ]
    return bool(choosing) and all(
        isinstance(part, SecretReference)
        and part.owner == "customer"
        and values[(part.owner, _name(part, context))][0] is not None
        for part in choosing
    )


def _check_consent(ctx: RequestContext, deps: Deps, values: Values, host: str) -> None:
    """A customer's secret goes only to hosts that the customer consented to, for instance when enrolling."""
    assert ctx.plan is not None
    if ctx.candidate is not None:  # no customer's secret is in it
        return
    enrollment = ctx.plan.enrollment
    for (owner, name), (value, hosts) in values.items():
        if owner != "customer" or value is None:
            continue
        consented = hosts | deps.settings.known_secret_hosts.get(name, frozenset())
        if enrollment is not None:
            consented |= frozenset(enrollment.secret_hosts.get(name, ()))
        if host not in consented:
            message = (
                f"{ctx.plan.service.name} would send your secret {name} to {host}. "
                f"Allow it under Developer, Secrets, then call again."
            )
            raise GatewayError(403, "secret_consent_required", message)


def use(rendering: Rendering, ctx: RequestContext, deps: Deps) -> None:
    """Take what is the same for every call of the channel; the rest is the call's own. Raises GatewayError."""
    head(rendering, ctx)
    body(rendering, ctx, deps)


def head(rendering: Rendering, ctx: RequestContext) -> None:
    """Set ctx.url and ctx.upstream_headers from what was rendered and what the request's head says."""
    ctx.url = address(rendering.base, _rest(ctx), ctx)
    ctx.upstream_headers = rendering.with_headers_of(ctx.headers)


def body(rendering: Rendering, ctx: RequestContext, deps: Deps) -> None:
    """Set ctx.upstream_body, and note the secrets that the call uses. Raises GatewayError."""
    assert ctx.channel is not None
    for used, _ in rendering.secrets:
        ctx.secrets_used.add(used)
        deps.use_marks.secret_used(*used)
    try:
        ctx.upstream_body = _body(ctx, template_context(ctx) if ctx.channel.routing_key else {})
    except TemplateError as error:
        raise _unfit(ctx, error) from error


def _unfit(ctx: RequestContext, error: Exception) -> GatewayError:
    """Fail closed: nothing is sent with a hole in it."""
    assert ctx.channel is not None
    message = f"{ctx.channel.record.name}: the service's configuration does not fit this call ({error})."
    return GatewayError(502, "config_error", f"{message} Tell its seller.")


def _wanted(ctx: RequestContext, context: dict[str, Any], lookup: templating.SecretLookup) -> list[tuple[bytes, bytes]]:
    """Return the headers that the channel sets."""
    assert ctx.channel is not None
    wanted = {
        name.lower(): templating.render(template, context, component=Component.HEADER, secrets=lookup)
        for name, template in ctx.channel.headers
    }
    if ctx.channel.credential is not None:
        name, template = ctx.channel.credential
        value = templating.render(template, context, component=Component.HEADER, secrets=lookup)
        if value:
            wanted[name] = _scheme(name, value)
    return [(name.encode(), value.encode("latin-1", "replace")) for name, value in wanted.items()]


def _beside(wanted: list[tuple[bytes, bytes]], ctx: RequestContext) -> list[tuple[bytes, bytes]]:
    """Return the client's headers that may go on, and the channel's in place of those of the same name."""
    written = {name for name, _ in wanted}
    kept = [pair for pair in crossing.for_upstream(ctx.headers) if pair[0].lower() not in written]
    return kept + wanted


def _scheme(name: str, value: str) -> str:
    if name != "authorization" or value.lower().startswith(_BEARER_SCHEMES):
        return value
    return f"Bearer {value}"


def _body(ctx: RequestContext, context: dict[str, Any]) -> bytes:
    """Return the client's own bytes, unless the upstream calls the model otherwise or must be asked for its usage."""
    assert ctx.plan is not None
    assert ctx.channel is not None
    changed = replaced(ctx, context) if ctx.plan.forwards or ctx.channel.routing_key else None
    if metering.asks_for_stream(ctx.body_json):
        asking, ctx.added_stream_usage = metering.ensure_stream_usage(changed or ctx.body_json, "/".join(_rest(ctx)))
        if ctx.added_stream_usage:
            changed = asking
    return ctx.body if changed is None else written(changed)


def replaced(ctx: RequestContext, context: dict[str, Any]) -> dict[str, Any] | None:
    """Return the body with the upstream's names in place of ours, or None when none differs."""
    assert ctx.channel is not None
    assert ctx.plan is not None
    if not isinstance(ctx.body_json, dict):
        return None
    changed = None
    forwards = ctx.plan.forwards
    if forwards and any(ctx.body_json.get(name) != value for name, value in forwards.items()):
        changed = {**ctx.body_json, **forwards}
    for name, wanted in ctx.channel.routing_key:
        value = _plain(wanted, context)
        if name in ctx.body_json and (changed or ctx.body_json)[name] != value:
            changed = {**(changed or ctx.body_json), name: value}
    return changed


def _rest(ctx: RequestContext) -> tuple[str, ...]:
    assert ctx.plan is not None
    return ctx.plan.rest


def _plain(wanted: Template | Any, context: dict[str, Any]) -> Any:
    if isinstance(wanted, Template):
        return templating.render(wanted, context, component=Component.PLAIN)
    return wanted


def _missing(error: templating.MissingSecret) -> GatewayError:
    if error.owner == "customer":
        message = f"The service uses your own key. Store {error.name} under Developer, Secrets, then call again."
        return GatewayError(424, "secret_missing", message)
    message = f"The seller's secret {error.name} is missing. Tell the seller; nothing was charged."
    return GatewayError(502, "config_error", message)
