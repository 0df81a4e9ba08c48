"""What allauth does differently here: who signs up gets a personal customer team."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest

from accounts.identities import logout
from accounts.teams import services as teams


class AccountAdapter(DefaultAccountAdapter):
    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Return the provider's page for those who came from it, so that its session ends too."""
        own: str = super().get_logout_redirect_url(request)
        return logout.provider_page(request) or own

    @transaction.atomic
    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        user = super().save_user(request, user, form, commit=commit)
        if commit:
            teams.create_personal(user=user)
        return user
