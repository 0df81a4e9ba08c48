"""One URL serves the page and, for htmx, its fragment."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render as render_page
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect


def is_fragment(request: HttpRequest) -> bool:
    """Return whether htmx asked for a part of the page (and not for a whole one, after a boost or from its history)."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render(
    request: HttpRequest, template: str, context: dict[str, Any], *, partial: str = "", status: int | None = None
) -> HttpResponse:
    """Render the page, or its partial for htmx. An invalid bound form in the context makes it 422."""
    name = f"{template}#{partial}" if partial and is_fragment(request) else template
    form = context.get("form")
    invalid = form is not None and getattr(form, "is_bound", False) and not form.is_valid()
    return render_page(request, name, context, status=status or (422 if invalid or (form and form.errors) else 200))


def redirect(request: HttpRequest, to: Any, *args: Any, event: str = "", **kwargs: Any) -> HttpResponse:
    """Send the browser to `to` (a model, a URL name or a path), and announce `event` to other parts of the page."""
    address = resolve_url(to, *args, **kwargs)
    if not is_fragment(request):
        return HttpResponseRedirect(address)
    response = HttpResponseClientRedirect(address)
    if event:
        response.headers["HX-Trigger"] = event
    return response
