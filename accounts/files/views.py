"""Pages of account files, and the addresses that tickets lead to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts.files import places, queries, services
from accounts.files.forms import UploadForm
from accounts.files.places import Place, Scope
from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission, is_allowed
from common import htmx
from common.errors import DomainError, Invalid
from common.http import envelope, status_of

_PAGE = 100
_DOWNLOAD_SECONDS = 300
#: What a form of several parts has around its file.
_FORM_BYTES = 64 * 1024


@require_safe
@member_required()
def file_list(request: MemberRequest) -> HttpResponse:
    """One folder: the folders in it, its files, and the form that adds one."""
    return _page(request, UploadForm(initial={"folder": request.GET.get("path", "")[:900]}))


@require_POST
@member_required(Permission.MANAGE_FILES)
def file_upload(request: MemberRequest) -> HttpResponse:
    """Keep a file that a page sent."""
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            file = _stored(request, form.cleaned_data["file"], form.cleaned_data["folder"])
        except Invalid as error:
            form.add_error("folder" if error.message.startswith("path") else "file", error.message)
        except (services.FileTooLarge, services.FilesFull) as error:
            form.add_error("file", error.message)
        else:
            messages.success(request, f"{file.filename} is stored.")
            return HttpResponseRedirect(_address(_scope(request), file.key.rpartition("/")[0]))
    return _page(request, form)


@require_safe
@member_required()
def file_download(request: MemberRequest, file_id: UUID) -> HttpResponse:
    """Lead to the content, at an address that ends soon."""
    file = queries.readable_file(team=request.team, user=request.user, file_id=file_id)
    return HttpResponseRedirect(services.download_url(file=file, expires_in=_DOWNLOAD_SECONDS))


@require_POST
@member_required(Permission.MANAGE_FILES)
def file_delete(request: MemberRequest, file_id: UUID) -> HttpResponse:
    file = queries.readable_file(team=request.team, user=request.user, file_id=file_id)
    services.delete(file=file)
    messages.success(request, f"{file.filename} is deleted.")
    scope = Scope.SHARED if file.user_id is None else Scope.PERSONAL
    return HttpResponseRedirect(_address(scope, file.key.rpartition("/")[0]))


@csrf_exempt
@require_POST
def file_put(request: HttpRequest, token: str) -> HttpResponse:
    """Keep a file that a program sent with a ticket. Its size is looked at before any of it is read."""
    now = timezone.now()
    try:
        ticket, by = services.redeem(token=token, now=now)
        _check_length(request, ticket.max_bytes)
        content = request.FILES.get("file")
        if not isinstance(content, UploadedFile):
            raise Invalid(["file: missing. Send the file as the part named file, after all fields."])
        services.store(
            place=ticket.place, key=ticket.key, content=content, content_type=ticket.content_type, by=by, now=now
        )
    except DomainError as error:
        status = 400 if isinstance(error, Invalid) else status_of(error)
        return JsonResponse(envelope(request, code=error.code, message=error.message), status=status)
    return HttpResponse(status=204)


def _check_length(request: HttpRequest, limit: int) -> None:
    length = request.headers.get("Content-Length", "")
    if not length.isdigit():
        raise Invalid(["Content-Length: missing. Say how long the form is."])
    if int(length) > limit + _FORM_BYTES:
        raise services.FileTooLarge(limit=limit)


def _stored(request: MemberRequest, content: UploadedFile, folder: str) -> Any:
    return services.store(
        place=_place(request),
        key=places.key(folder, content.name or ""),
        content=content,
        content_type=content.content_type,
        by=request.user,
        now=timezone.now(),
    )


def _page(request: MemberRequest, form: UploadForm) -> HttpResponse:
    place, path = _place(request), request.GET.get("path", "")
    listing = queries.listing(place, folder=places.folder(path), limit=_PAGE, token=request.GET.get("after") or None)
    scope = place.scope
    context = {
        "form": form,
        "scope": scope,
        "path": path.strip("/"),
        "trail": _trail(scope, path),
        "rows": [(each, _address(scope, each.key.rstrip("/"))) for each in listing.entries],
        "more": f"{_address(scope, path)}&{urlencode({'after': listing.next_token})}" if listing.next_token else "",
        "room": queries.room(request.team),
        "limit_bytes": settings.ACCOUNT_FILE_LIMIT_BYTES,
        "action": f"{reverse('files:upload')}?{urlencode({'scope': scope, 'path': path})}",
        "scopes": _scopes(request, scope),
        "may_manage": is_allowed(request.membership.role, Permission.MANAGE_FILES),
    }
    return htmx.render(request, "accounts/files/file_list.html", context)


def _scope(request: MemberRequest) -> Scope:
    is_shared = request.GET.get("scope") == Scope.SHARED or request.team.is_seller
    return Scope.SHARED if is_shared else Scope.PERSONAL


def _place(request: MemberRequest) -> Place:
    return queries.place(team=request.team, user=request.user, scope=_scope(request))


def _scopes(request: MemberRequest, scope: Scope) -> list[dict[str, object]]:
    """Return the tabs: a customer's own files and the team's. A seller's are the team's alone."""
    if request.team.is_seller or not queries.is_sharing(request.team):
        return []
    labels = {Scope.PERSONAL: "Mine", Scope.SHARED: "The team's"}
    return [{"label": label, "url": _address(each, ""), "current": each == scope} for each, label in labels.items()]


def _trail(scope: Scope, path: str) -> list[tuple[str, str]]:
    """Return the folders on the way down, each with its address."""
    parts = [part for part in path.split("/") if part]
    return [(part, _address(scope, "/".join(parts[: depth + 1]))) for depth, part in enumerate(parts)]


def _address(scope: Scope, path: str) -> str:
    return f"{reverse('files:list')}?{urlencode({'scope': scope, 'path': path})}"
