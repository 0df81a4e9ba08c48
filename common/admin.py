"""What the operators' pages share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from unfold.admin import ModelAdmin

from common.errors import DomainError


class ReadOnlyAdmin(ModelAdmin):
    """Operators look; what they change goes through a service, by an action or a form of its own."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


def may_act(request: HttpRequest, model: type[Model]) -> bool:
    """Return whether an operator may act on rows that nobody edits: who may change them may."""
    options = model._meta
    return request.user.has_perm(f"{options.app_label}.change_{options.model_name}")


class ActingAdmin(ReadOnlyAdmin):
    """Read-only rows with actions that have a form of their own. Who may change the rows may act."""

    def ask(
        self,
        request: HttpRequest,
        row: Model,
        *,
        title: str,
        form: forms.Form,
        apply: Callable[[dict[str, Any]], str],
        lead: str = "",
    ) -> HttpResponse:
        """Show a form, and when it is filled in do what it says. apply: takes the values, returns what was done."""
        options = self.opts
        if not may_act(request, self.model):
            raise PermissionDenied
        back = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk])
        if form.is_bound and form.is_valid():
            try:
                done = apply(form.cleaned_data)
            except DomainError as error:
                form.add_error(None, error.message)
            else:
                self.log_change(request, row, done)
                messages.success(request, done)
                return HttpResponseRedirect(back)
        context = {**self.admin_site.each_context(request), "title": f"{title}: {row}", "opts": options}
        context |= {"form": form, "submit": title, "lead": lead, "back": back}
        return render(request, "admin/action_form.html", context, status=422 if form.is_bound else 200)


def styles(request: HttpRequest) -> str:
    """Return where the styles stand that our own pages of the admin need."""
    return static("css/admin.css")
