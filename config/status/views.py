"""The status page, for people and for programs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.pagination import Page, page_number
from config.status import checks
from config.status.words import Seen

_SIZE = 50


@require_safe
def status_page(request: HttpRequest) -> HttpResponse:
    """How the platform and the services on sale do."""
    found = checks.status()
    number = page_number(request.GET.get("page"))
    shown = found.services[(number - 1) * _SIZE : number * _SIZE]
    page = Page(shown, number, _SIZE, len(found.services))
    return render(request, "config/status_page.html", {"status": found, "page": page})


@require_safe
def status_json(request: HttpRequest) -> JsonResponse:
    """The same for programs, with every service."""
    found = checks.status()
    services = [
        {"name": each.reference, "status": each.word.code, "last_hour": _told(each.hour), "last_day": _told(each.day)}
        for each in found.services
    ]
    parts = [{"name": part.name.lower(), "status": part.word.code} for part in found.parts]
    answer = {"status": found.word.code, "measured_at": found.measured_at, "parts": parts, "services": services}
    return JsonResponse(answer, headers={"Cache-Control": f"public, max-age={checks.CACHE_SECONDS}"})


def _told(seen: Seen) -> dict[str, object]:
    return {"status": seen.word.code, "failed_percent": seen.failed_percent, "p50_ms": seen.p50_ms}
