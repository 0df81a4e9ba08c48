"""The signed addresses of objects that lie on our own disk."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from common.storage import local
from common.storage.objects import objects


@require_safe
def object_download(request: HttpRequest, token: str) -> HttpResponseBase:
    """Send an object to whoever holds a live address of it, to be saved and never shown."""
    wanted = local.read(token, timezone.now())
    if wanted is None or not objects().exists(wanted.name):
        message = "This address has ended, or what it led to is gone. Ask for a new one where you found it.\n"
        return HttpResponse(message, content_type="text/plain; charset=utf-8", status=404)
    stored = objects().open(wanted.name)
    response = FileResponse(stored, as_attachment=True, filename=wanted.filename, content_type=wanted.content_type)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
