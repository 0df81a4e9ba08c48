"""What allauth does differently here for people who come from an identity provider."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect

from accounts.teams import services as teams

NOT_VERIFIED = (
    "Your identity provider has not verified your e-mail address. Verify it there, or sign up with a password."
)
TAKEN = (
    "There is an account with {email} already. Log in with its password, "
    "then link {name} under Account, Ways to log in."
)
LAST_WAY = "This is your only way to log in. Set a password or link another identity first."


class IdentityAccountAdapter(DefaultSocialAccountAdapter):
    error_messages = DefaultSocialAccountAdapter.error_messages | {"no_password": LAST_WAY}

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Send people back who have no verified address, or whose address belongs to an account that is not linked."""
        if sociallogin.is_existing or request.user.is_authenticated:
            return
        address = next((each for each in sociallogin.email_addresses if each.verified), None)
        if address is None:
            self._send_back(request, NOT_VERIFIED)
        elif EmailAddress.objects.filter(email__iexact=address.email).exists():
            name = sociallogin.provider.name
            self._send_back(request, TAKEN.format(email=address.email, name=name))

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Any:
        """Take the name and the verified address over."""
        user = super().populate_user(request, sociallogin, data)
        user.full_name = str(data.get("name") or "")[:200]
        user.email = user.email.lower()
        return user

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> Any:
        """Give who comes for the first time a personal team."""
        user = super().save_user(request, sociallogin, form)
        teams.create_personal(user=user)
        return user

    def _send_back(self, request: HttpRequest, message: str) -> None:
        messages.error(request, message)
        raise ImmediateHttpResponse(redirect("account_login"))
