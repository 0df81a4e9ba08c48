"""Pages that draw on every floor: the start page, and the switch of the theme."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from common.context import THEMES

_YEAR = 365 * 24 * 3600


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, for visitors; the first steps and the last calls, for members."""
    return render(request, "home.html", {})


@csrf_exempt  # it changes a colour and nothing else, and must work before there is any cookie
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember the theme, for browsers that run no scripts."""
    address = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = HttpResponseRedirect(address if safe else "/")
    if request.POST.get("theme") in THEMES:
        response.set_cookie("theme", request.POST["theme"], max_age=_YEAR, samesite="Lax", secure=request.is_secure())
    return response
