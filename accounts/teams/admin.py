"""Teams, for operators: who they are, who belongs to them, whether they are trusted, and whether they may work."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline

from accounts.teams import services
from accounts.teams.models import Invitation, Membership, Role, Team


class TeamAdminForm(forms.ModelForm):
    class Meta:
        model = Team
        fields = ("kind", "name", "display_name", "contact_email", "timezone", "is_verified", "is_active")

    def clean_name(self) -> str:
        """A new team's name keeps the rules of all teams."""
        name: str = self.cleaned_data["name"]
        try:
            services.check_name(name)
        except (services.TeamNameInvalid, services.TeamNameTaken) as error:
            raise ValidationError(error.message) from error
        return name


class KeepsAnOwner(forms.BaseInlineFormSet):
    """A team that has an owner keeps one."""

    def clean(self) -> None:
        super().clean()
        if self.instance._state.adding:
            return
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        has_owner = any(each.get("role") == Role.OWNER for each in kept)
        if not has_owner and self.instance.memberships.filter(role=Role.OWNER).exists():
            raise ValidationError("A team keeps an owner. Make somebody else an owner in the same step.")


class MembershipForm(forms.ModelForm):
    """A role by itself: the last owner keeps theirs."""

    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        if role != Role.OWNER and self.instance.pk and services.is_last_owner(self.instance):
            raise ValidationError("A team keeps an owner. Make somebody else an owner first.")
        return role


class MembershipInline(TabularInline):
    model = Membership
    exclude = ("message_mails",)
    formset = KeepsAnOwner
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Team)
class TeamAdmin(ModelAdmin):
    form = TeamAdminForm
    list_display = ("name", "display_name", "kind", "is_verified", "is_active", "member_count", "wallets")
    list_filter = ("kind", "is_verified", "is_active")
    search_fields = ("name", "display_name", "contact_email", "memberships__user__email", "id")
    inlines = (MembershipInline,)
    actions = ("activate_selected", "deactivate_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).annotate(member_count=Count("memberships"))

    @admin.display(description="members", ordering="member_count")
    def member_count(self, team: Team) -> int:
        return team.member_count  # type: ignore[attr-defined]

    @admin.display
    def wallets(self, team: Team) -> SafeString:
        address = reverse("admin:wallets_wallet_changelist")
        return format_html('<a href="{}?team__id__exact={}">Wallets</a>', address, team.pk)

    def get_readonly_fields(self, request: HttpRequest, obj: Team | None = None) -> tuple[str, ...]:
        """What a team is and how it is called is said once."""
        return ("kind", "name", "personal_for", "profile", "wallets") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Team | None = None) -> tuple[str, ...]:
        shown = TeamAdminForm.Meta.fields
        return (*shown, "personal_for", "profile", "wallets") if obj else shown

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "is_active" in form.changed_data:
            (services.activate if obj.is_active else services.deactivate)(team=obj)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """A team has books: it is stopped, never deleted."""
        return False

    @admin.action(description="Activate", permissions=["change"])
    def activate_selected(self, request: HttpRequest, chosen: QuerySet[Team]) -> None:
        for team in chosen.order_by("pk"):
            services.activate(team=team)
        messages.success(request, "The chosen teams may work again, with the keys they had.")

    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate_selected(self, request: HttpRequest, chosen: QuerySet[Team]) -> None:
        for team in chosen.order_by("pk"):
            services.deactivate(team=team)
        messages.success(request, "The chosen teams are stopped. Their keys are refused.")


@admin.register(Membership)
class MembershipAdmin(ModelAdmin):
    form = MembershipForm
    list_display = ("user", "team", "role", "created_at")
    list_filter = ("role", "team__kind")
    list_select_related = ("user", "team")
    search_fields = ("user__email", "team__name", "team__display_name")
    autocomplete_fields = ("user", "team")

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        return ("user", "team") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """Nobody is taken out of the list in bulk, nor the last owner."""
        return obj is not None and not services.is_last_owner(obj) and super().has_delete_permission(request, obj)


@admin.register(Invitation)
class InvitationAdmin(ModelAdmin):
    list_display = ("email", "team", "role", "invited_by", "expires_at", "accepted_at")
    list_filter = ("role",)
    list_select_related = ("team", "invited_by")
    search_fields = ("email", "team__name", "team__display_name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Invitations are made by those who manage the members."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        """An invitation is withdrawn, never changed."""
        return False
