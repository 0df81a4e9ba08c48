"""Linked identities and sessions, for operators: looked at, never changed. The providers are in the settings."""

from __future__ import annotations

from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin

from common.admin import ReadOnlyAdmin

for _model in (SocialApp, SocialToken, SocialAccount, UserSession):
    admin.site.unregister(_model)


@admin.register(SocialAccount)
class SocialAccountAdmin(ReadOnlyAdmin):
    """An identity is issuer and subject. Linking and unlinking are the person's own."""

    list_display = ("user", "provider", "uid", "date_joined", "last_login")
    list_filter = ("provider",)
    search_fields = ("user__email", "=uid")
    list_select_related = ("user",)
    fields = ("user", "provider", "uid", "date_joined", "last_login")


@admin.register(UserSession)
class UserSessionAdmin(ReadOnlyAdmin):
    """Without the session's key: with it one would be that person."""

    list_display = ("user", "ip", "user_agent", "created_at", "last_seen_at")
    search_fields = ("user__email", "=ip")
    list_select_related = ("user",)
    fields = ("user", "ip", "user_agent", "created_at", "last_seen_at")
