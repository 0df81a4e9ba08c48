"""The provider as allauth knows it. An identity is who issued it and whom it names there, never an e-mail address."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.identities.flow import IdentityAdapter


class IdentityProvider(OpenIDConnectProvider):
    """An OpenID Connect provider with a nonce, and with the brokers behind it (Keycloak's `kc_idp_hint`)."""

    id = "oidc"
    name = "OpenID Connect"
    oauth2_adapter_class = IdentityAdapter
    pkce_enabled_default = True
    #: nobody hands us tokens: they come from the provider's own address
    supports_token_authentication: ClassVar[bool] = False

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Return issuer and subject in one word."""
        token = data["id_token"]
        return f"{token['iss']} {token['sub']}"

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, str]:
        """Return which broker the visitor chose, and nothing else that stands in the address."""
        params: dict[str, str] = self.get_auth_params()
        broker = request.GET.get("broker", "")
        if broker in settings.OIDC_BROKERS:
            params["kc_idp_hint"] = broker
        return params

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """Return the scopes that we ask for, whatever stands in the address."""
        scope: list[str] = self.get_scope()
        return scope

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Go to the provider with a nonce that its token has to repeat."""
        nonce = secrets.token_urlsafe(24)
        params = {**(kwargs.pop("auth_params", None) or self.get_auth_params()), "nonce": nonce}
        return super().redirect(request, process, next_url, data, auth_params=params, nonce=nonce, **kwargs)


provider_classes = [IdentityProvider]
