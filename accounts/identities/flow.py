"""What happens between our login page and the provider's: the code becomes a token, and the token is checked."""

from __future__ import annotations

import hmac
from typing import Any

from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import build_absolute_uri
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.identities import tokens
from common.caches import of_process

#: How long the provider's own description of itself is believed.
_CONFIG_SECONDS = 300


class IdentityAdapter(OpenIDConnectOAuth2Adapter):
    """Speaks to the provider. nonce: what the token of this login has to repeat."""

    nonce: str = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return what the provider says of itself. Raises OAuth2Error when it names another issuer than ours."""
        provider = self.get_provider()
        key = f"oidc:{provider.server_url}"
        config: dict[str, Any] | None = of_process.get(key)
        if config is None:
            config = dict(super().openid_config)
            expected = provider.app.settings["server_url"].rstrip("/")
            if str(config.get("issuer", "")).rstrip("/") != expected:
                raise OAuth2Error("The provider names another issuer.")
            of_process.set(key, config, _CONFIG_SECONDS)
        return config

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Return who has logged in. Raises OAuth2Error for a token that is not for us, here and now."""
        raw = kwargs["response"].get("id_token")
        if not raw:
            raise OAuth2Error("The provider sent no identity.")
        try:
            claims = tokens.claims(raw, config=self.openid_config, audience=app.client_id, require=("exp", "sub"))
        except tokens.InvalidToken as error:
            raise OAuth2Error("The identity is not signed for us.") from error
        if not self.nonce or not hmac.compare_digest(str(claims.get("nonce", "")), self.nonce):
            raise OAuth2Error("The identity answers another login.")
        userinfo = self._fetch_user_info(token.token)
        if userinfo.get("sub") != claims["sub"]:
            raise OAuth2Error("The provider speaks of two people.")
        login: SocialLogin = self.get_provider().sociallogin_from_response(
            request, {"userinfo": userinfo, "id_token": claims}
        )
        request.oidc_login = {"id_token": raw, **{name: claims.get(name) for name in ("iss", "sub", "sid")}}  # type: ignore[attr-defined]
        return login

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Return where the provider sends people back to."""
        address: str = build_absolute_uri(
            request, reverse("oidc_callback", kwargs={"provider_id": self.provider_id}), self.redirect_uri_protocol
        )
        return address


class CallbackView(OAuth2CallbackView):
    """Takes people back from the provider."""

    adapter: IdentityAdapter

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, answer = super()._get_state(request, provider)
        if state is not None:
            self.adapter.nonce = state.get("nonce", "")
        return state, answer
