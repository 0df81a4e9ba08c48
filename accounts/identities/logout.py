"""Logout in both directions: ours ends the provider's session, the provider's ends ours."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from requests import RequestException

from accounts.identities import sessions, tokens
from accounts.identities.flow import IdentityAdapter
from common.errors import DomainError

_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_MOST_SECONDS = 120


class InvalidLogoutToken(DomainError):
    """Somebody who is not the provider, or too late, or a second time."""

    code = "invalid_logout_token"
    sentence = "The logout token is not valid: {reason}."


def provider_page(request: HttpRequest) -> str:
    """Return the page of the provider that ends its session too, or nothing when the session came from elsewhere."""
    login: dict[str, Any] | None = request.session.get(sessions.SESSION_KEY)
    if login is None or not settings.OIDC_ISSUER:
        return ""
    try:
        page = _adapter(request).openid_config.get("end_session_endpoint")
    except (OAuth2Error, RequestException):
        return ""  # the provider is away: our own session ends all the same
    if not page:
        return ""
    values = {
        "id_token_hint": login["id_token"],
        "client_id": settings.OIDC_CLIENT_ID,
        "post_logout_redirect_uri": f"{settings.SITE_URL}/",
    }
    return f"{page}{'&' if '?' in page else '?'}{urlencode(values)}"


def take_notice(request: HttpRequest, raw: str) -> int:
    """End the sessions that a logout token of the provider names; return how many. Raises InvalidLogoutToken."""
    claims = _checked(request, raw)
    issuer, subject, session_id = claims["iss"], claims.get("sub"), claims.get("sid")
    return sessions.end(issuer=issuer, subject=subject, session_id=session_id)


def _checked(request: HttpRequest, raw: str) -> dict[str, Any]:
    """Return the claims of a logout token. Source: OpenID Connect Back-Channel Logout 1.0, section 2.6."""
    try:
        config = _adapter(request).openid_config
        claims = tokens.claims(raw, config=config, audience=settings.OIDC_CLIENT_ID, require=("jti",))
    except (tokens.InvalidToken, OAuth2Error, RequestException) as error:
        raise InvalidLogoutToken(reason="it is not signed by the provider for us") from error
    if _EVENT not in (claims.get("events") or {}):
        raise InvalidLogoutToken(reason="it is no logout")
    if "nonce" in claims:
        raise InvalidLogoutToken(reason="it is the token of a login")
    if not claims.get("sub") and not claims.get("sid"):
        raise InvalidLogoutToken(reason="it names nobody")
    if abs(time.time() - claims["iat"]) > _MOST_SECONDS:
        raise InvalidLogoutToken(reason="it is too old")
    if not cache.add(f"oidc-logout:{claims['iss']}:{claims['jti']}", True, _MOST_SECONDS * 2):
        raise InvalidLogoutToken(reason="it came before")
    return claims


def _adapter(request: HttpRequest) -> IdentityAdapter:
    provider = get_adapter(request).get_provider(request, provider=settings.OIDC_PROVIDER_ID)
    adapter: IdentityAdapter = provider.get_oauth2_adapter(request)
    return adapter
