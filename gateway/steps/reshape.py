"""What a channel's transformers make of a request, after its address and headers are known and before it is sent.

In this order: the dialect, `set_body`, `body_transformer`, `proxy_rewrite`, the signature over all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from domain import metering, templating
from domain.template_syntax import Template
from domain.transforming import sigv4
from domain.transforming.errors import TransformFailed
from domain.transforming.llm import requests
from domain.transforming.transformer import Transformer
from domain.url_components import Component
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.replies import TemplatedReply, TranslatedReply
from gateway.shaping import Shaping, Signing
from gateway.steps import authenticate
from gateway.steps.address import address
from gateway.steps.bodies import written

#: How often a call may be passed on with the caller's key before it is taken to go round in circles.
_FORWARDS = 3
_FORWARDED = b"x-usvc-forwarded"
_SIGNED = frozenset((b"content-type",))
#: What a caller, or the channel, says of another signature.
_OF_SIGNATURES = (b"authorization", b"x-amz-date", b"x-amz-security-token", b"x-amz-content-sha256")


@dataclass(frozen=True, slots=True)
class Given:
    """base: the address, rendered. replaced: the body with the upstream's names, None when the caller's own is sent."""

    base: str
    context: Mapping[str, object]
    lookup: templating.SecretLookup
    replaced: dict[str, Any] | None

    def text(self, template: Template, component: Component) -> str:
        """Return a template filled in."""
        return templating.render(template, self.context, component=component, secrets=self.lookup)


def run(ctx: RequestContext, deps: Deps, shaping: Shaping, given: Given) -> None:
    """Set what is sent, and ctx.reply. Raises GatewayError, TransformFailed, templating.TemplateError."""
    assert ctx.plan is not None
    ctx.url, ctx.upstream_method, ctx.reply = given.base, ctx.method, None
    if shaping.is_local:
        return
    transformer = shaping.transformer
    rest = _translated(transformer, ctx, given)
    if rest is None:
        rest = ctx.plan.rest
        _set_body(transformer, ctx, given)
    ctx.url = address(given.base, rest, ctx)
    _rewrite(transformer, ctx, given)
    if shaping.forwards_key:
        _forward(ctx, deps)
    if shaping.signing is not None:
        _sign(shaping.signing, ctx, given)


def _translated(transformer: Transformer, ctx: RequestContext, given: Given) -> tuple[str, ...] | None:
    """Tell the request in the upstream's dialect and return its path, or None when it is passed as it is."""
    translation = transformer.translation
    assert ctx.plan is not None
    if translation is None or (rest := translation.rest(ctx.plan.rest, given.base)) is None:
        return None
    body = given.replaced or ctx.body_json
    if not isinstance(body, dict):
        raise GatewayError(400, "body_not_json", "This service takes a JSON object. Send one, as application/json.")
    try:
        translated = requests.translated(body, translation)
    except TransformFailed as error:
        raise GatewayError(
            422, "not_translatable", f"{error.message} Leave it out, or choose another service."
        ) from error
    ctx.reply = TranslatedReply(
        translation,
        str(ctx.body_json.get("model") or ""),
        ctx.started_ms // 1000,
        tells_usage=_asks_for_usage(body),
    )
    ctx.upstream_body = written(translated)
    ctx.upstream_headers = requests.headers(ctx.upstream_headers, translation)
    return rest


def _asks_for_usage(body: dict[str, Any]) -> bool:
    options = body.get("stream_options")
    return isinstance(options, dict) and options.get("include_usage") is True


def _set_body(transformer: Transformer, ctx: RequestContext, given: Given) -> None:
    body = given.replaced
    if transformer.set_body is None and transformer.request_body is None:
        ctx.upstream_body = _own_body(ctx, body)
    else:
        parsed = body
        if transformer.set_body is not None:
            ctx.upstream_body = transformer.set_body.render(given.context, given.lookup)
            parsed = orjson.loads(ctx.upstream_body)
        if transformer.request_body is not None:
            parsed = _parsed(ctx) if parsed is None else parsed
            ctx.upstream_body = transformer.request_body.render(parsed, given.context, given.lookup)
        ctx.upstream_headers = _as_json(ctx.upstream_headers, transformer)
    if transformer.response_body is not None:
        ctx.reply = TemplatedReply(transformer.response_body, given.context, given.lookup)


def _own_body(ctx: RequestContext, changed: dict[str, Any] | None) -> bytes:
    """Return the body as a channel without transformers of bodies would send it."""
    assert ctx.plan is not None
    if isinstance(ctx.body_json, dict):
        body, ctx.added_stream_usage = metering.ensure_stream_usage(changed or ctx.body_json, "/".join(ctx.plan.rest))
        changed = body if ctx.added_stream_usage else changed
    return ctx.body if changed is None else written(changed)


def _parsed(ctx: RequestContext) -> Any:
    """Return the caller's body as JSON, whatever type it was sent as; nothing is an empty object."""
    if ctx.body_json is not None:
        return ctx.body_json
    try:
        return orjson.loads(ctx.body) if ctx.body else {}
    except orjson.JSONDecodeError as error:
        raise GatewayError(400, "body_not_json", "This service takes a JSON body. Send one.") from error


def _as_json(headers: Headers, transformer: Transformer) -> Headers:
    """Let the new body be announced as JSON, unless the channel sets a type itself."""
    if any(name == "content-type" for name, _ in transformer.set_headers):
        return headers
    kept = [pair for pair in headers if pair[0].lower() != b"content-type"]
    return [*kept, (b"content-type", b"application/json")]


def _rewrite(transformer: Transformer, ctx: RequestContext, given: Given) -> None:
    if transformer.method:
        ctx.upstream_method = transformer.method
    if transformer.uri is not None:
        ctx.url = _at(ctx.url, given.text(transformer.uri, Component.URL))
    ctx.upstream_host = transformer.host
    headers = ctx.upstream_headers
    if transformer.remove_headers:
        headers = [pair for pair in headers if pair[0].decode("latin-1").lower() not in transformer.remove_headers]
    added = [(name, given.text(template, Component.HEADER)) for name, template in transformer.add_headers]
    ctx.upstream_headers = [*headers, *((name.encode(), text.encode("latin-1", "replace")) for name, text in added)]


def _at(url: str, path: str) -> str:
    """Return the address with another path; the query of both is kept."""
    parts, wanted = urlsplit(url), urlsplit(path)
    query = "&".join(filter(None, (wanted.query, parts.query)))
    return f"{parts.scheme}://{parts.netloc}{wanted.path}" + (f"?{query}" if query else "")


def _forward(ctx: RequestContext, deps: Deps) -> None:
    """Pass the caller's key on, to one of our own hosts and not in circles."""
    host = ctx.upstream_host or urlsplit(ctx.url).netloc
    if (urlsplit(f"//{host}").hostname or "") not in deps.settings.platform_hosts or ctx.upstream_host:
        raise TransformFailed("your key would go to a host that is not the platform's")
    rounds = int(ctx.header(_FORWARDED) or b"0") if (ctx.header(_FORWARDED) or b"0").isdigit() else _FORWARDS
    if rounds >= _FORWARDS:
        raise GatewayError(508, "forwarded_in_circles", "The service leads back to itself. Tell its seller.")
    key = authenticate.presented_key(ctx).encode("latin-1")
    kept = [pair for pair in ctx.upstream_headers if pair[0].lower() != b"authorization"]
    ctx.upstream_headers = [*kept, (b"authorization", b"Bearer " + key), (_FORWARDED, str(rounds + 1).encode())]


def _sign(signing: Signing, ctx: RequestContext, given: Given) -> None:
    token = given.text(signing.session_token, Component.HEADER) if signing.session_token is not None else ""
    credentials = sigv4.Credentials(
        given.text(signing.access_key, Component.HEADER), given.text(signing.secret_key, Component.PLAIN), token
    )
    headers = [pair for pair in ctx.upstream_headers if not pair[0].lower().startswith(_OF_SIGNATURES)]
    added = sigv4.sign(
        method=ctx.upstream_method,
        url=_with_host(ctx),
        headers={name.decode().lower(): value.decode("latin-1") for name, value in headers if name.lower() in _SIGNED},
        body=ctx.upstream_body,
        credentials=credentials,
        region=given.text(signing.region, Component.LABEL),
        service=signing.service,
        now=datetime.now(UTC),
    )
    ctx.upstream_headers = [*headers, *((name.encode(), value.encode("latin-1")) for name, value in added.items())]


def _with_host(ctx: RequestContext) -> str:
    if not ctx.upstream_host:
        return ctx.url
    parts = urlsplit(ctx.url)
    return parts._replace(netloc=ctx.upstream_host).geturl()
