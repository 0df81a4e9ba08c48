"""People, for operators: found, let in, kept out. Who has a team is not deleted, only kept out."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.teams import services as teams
from accounts.users.models import User

#: What makes somebody an operator. Only somebody with every right gives or takes it.
_POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


class EmailInLowerCase:
    """Addresses are stored in lower case, so that nobody has two accounts."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()  # type: ignore[attr-defined]


class UserForm(EmailInLowerCase, UserChangeForm):
    pass


class NewUserForm(EmailInLowerCase, UserCreationForm):
    pass


@admin.register(User)
class UserAdmin(BaseUserAdmin, ModelAdmin):
    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "full_name", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    search_fields = ("email", "full_name", "memberships__team__name", "id")
    ordering = ("email",)
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "full_name", "password")}),
        ("What they may do", {"fields": ("is_active", *_POWERS)}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "full_name", "usable_password", "password1", "password2")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, *_POWERS)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            teams.create_personal(user=obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody is deleted from the list: it does not ask whether each one has a team."""
        return obj is not None and not obj.memberships.exists() and super().has_delete_permission(request, obj)


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(BaseGroupAdmin, ModelAdmin):
    """Groups of operators, with the rights of their members."""
