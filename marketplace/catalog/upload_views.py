"""Services uploaded at a page: several files at once, what is wrong told file by file."""

from __future__ import annotations

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.teams.access import MemberRequest, seller_required
from accounts.teams.permissions import Permission
from common import htmx
from common.errors import Invalid
from marketplace.catalog import services
from marketplace.catalog.models import Service
from marketplace.catalog.services import NamedFile, Received

_TEMPLATE = "marketplace/catalog/service_upload.html"


@require_http_methods(["GET", "POST"])
@seller_required(Permission.MANAGE_SERVICES)
def service_upload(request: MemberRequest) -> HttpResponse:
    """Store the files of services, groups and promotions; nothing of them while one has a problem."""
    if request.method != "POST":
        return htmx.render(request, _TEMPLATE, {"problems": [], "received": None})
    try:
        files = _files(request)
        received = services.receive_files(seller=request.team, files=files, by=request.user, now=timezone.now())
    except Invalid as error:
        context = {"problems": error.problems, "received": None}
        return htmx.render(request, _TEMPLATE, context, partial="upload-result", status=422)
    if not received.is_stored:
        wrong = sum(bool(each.problems) for each in received.files)
        told = {"problems": [], "received": received, "wrong": wrong}
        return htmx.render(request, _TEMPLATE, told, partial="upload-result", status=422)
    return _stored(request, received)


def _files(request: MemberRequest) -> list[NamedFile]:
    """Return the files under their paths in the folder; a browser without scripts sends their names alone."""
    chosen: list[UploadedFile] = request.FILES.getlist("files")
    paths = request.POST.getlist("paths")
    if len(chosen) > services.MAX_FILES:
        raise Invalid([f"At most {services.MAX_FILES} files at a time. Upload the services one after the other."])
    if len(paths) != len(chosen):
        paths = [file.name or "" for file in chosen]
    return [NamedFile(path, file.read()) for path, file in zip(paths, chosen, strict=True)]


def _stored(request: MemberRequest, received: Received) -> HttpResponse:
    words = ", ".join(f"{each.kind} {each.name} ({each.outcome.replace('_', ' ')})" for each in received.made)
    messages.success(request, f"Stored: {words}.")
    for file in received.files:
        for warning in file.warnings:
            messages.warning(request, f"{file.path}: {warning}")
    uploaded = [each.name for each in received.made if each.kind == "service"]
    found = list(Service.objects.filter(seller=request.team, name__in=uploaded).order_by("-updated_at")[:2])
    if len(uploaded) == 1 and found:
        return htmx.redirect(request, "seller_services:detail", found[0].pk, event="service-uploaded")
    return htmx.redirect(request, "seller_services:list", event="service-uploaded")
