"""One call: how it went, what was sent and what came back. And what is kept of all of them."""

from __future__ import annotations

import json
import shlex
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission, is_allowed
from common import htmx
from common.errors import NotFound
from domain import json_texts
from gateway_admin.request_logs import bodies, charts, queries, retention, services
from gateway_admin.request_logs.forms import KeepingForm
from gateway_admin.request_logs.models import KeptBodies, Mode, RequestLog
from gateway_admin.request_logs.views.listing import Line, lines

#: What of a body a page shows; the whole of it is in the API.
_SHOWN_BYTES = 64 * 1024
#: Headers that a client writes by itself.
_OWN = frozenset({"host", "content-length", "user-agent", "accept", "accept-encoding", "connection", "expect"})


@require_safe
@member_required()
def log_detail(request: MemberRequest, log_id: UUID) -> HttpResponse:
    """One call with its attempts, headers and bodies."""
    if request.team.is_seller:
        raise NotFound(what="call")
    now = timezone.now()
    row = queries.row(team=request.team, log_id=log_id, now=now)
    may_read = is_allowed(request.membership.role, Permission.CALL)
    kept = queries.kept(team=request.team, log_id=log_id, now=now) if may_read else None
    parts = queries.parts(row)
    (line,) = lines(request.team, [row])
    part_lines = {each.row.pk: each for each in lines(request.team, parts)}
    holds = queries.retention_of(team=request.team)
    context = {
        "row": row,
        "line": line,
        "spans": [(each, part_lines[each.row.pk]) for each in charts.waterfall(parts)],
        "costs": _sums(part_lines.values()),
        "kept": kept,
        "sides": [_side(kept, side) for side in bodies.SIDES] if kept else [],
        "curl": _curl(row, kept),
        "may_read": may_read,
        "may_dispute": is_allowed(request.membership.role, Permission.MANAGE_BILLING),
        "usage": sorted(row.usage.items()),
        "bodies_until": row.started_at + (now - holds.bodies_since(now)),
        "row_until": row.started_at + (now - holds.rows_since(now)),
    }
    return htmx.render(request, "gateway_admin/request_logs/log_detail.html", context)


@require_POST
@member_required(Permission.CALL)
def log_forget(request: MemberRequest, log_id: UUID) -> HttpResponse:
    """Remove what is kept of a call's headers and bodies."""
    services.forget(team=request.team, log_id=log_id, by=request.user, through="page", now=timezone.now())
    messages.success(request, "Headers and bodies of this call are removed. Its row and its charge stay.")
    return htmx.redirect(request, "request_logs:detail", log_id, event="request-log-forgotten")


@require_http_methods(["GET", "POST"])
@member_required(Permission.CALL)
def log_settings(request: MemberRequest) -> HttpResponse:
    """What is kept of every call, and for how long."""
    if request.team.is_seller:
        raise NotFound(what="log")
    most, setting = retention.allowed(request.team.pk), queries.setting(team=request.team)
    initial = {name: getattr(setting, name, None) for name in ("keep_days", "keep_bodies_days")}
    form = KeepingForm(
        request.POST or None,
        initial={**initial, "mode": setting.mode if setting else Mode.NONE},
        most_days=most.days,
        most_body_days=most.body_days,
    )
    if form.is_valid():
        services.choose(
            team=request.team,
            mode=Mode(form.cleaned_data["mode"]),
            keep_days=form.cleaned_data["keep_days"],
            keep_bodies_days=form.cleaned_data["keep_bodies_days"],
            by=request.user,
            now=timezone.now(),
        )
        messages.success(request, "Saved. Calls that begin now are kept like that.")
        return htmx.redirect(request, "request_logs:list", event="log-setting-changed")
    template = "gateway_admin/request_logs/log_settings.html"
    return htmx.render(request, template, {"form": form, "most": most}, partial="keeping-form")


def _sums(parts: Iterable[Line]) -> list[tuple[Decimal, str]]:
    """Return what all parts of a call cost, by currency; nothing where fewer than two cost something."""
    costs = [part.cost for part in parts if part.cost is not None and part.cost[0]]
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for amount, currency in costs:
        sums[currency] += amount
    return [(amount, currency) for currency, amount in sorted(sums.items())] if len(costs) > 1 else []


def _side(kept: KeptBodies, side: str) -> dict[str, Any]:
    """Return what a page shows of the request or the answer."""
    body, headers = bodies.read(kept, side), getattr(kept, f"{side}_headers")
    is_cut = getattr(kept, f"{side}_is_cut") or len(body) > _SHOWN_BYTES
    text = bodies.as_text(body[:_SHOWN_BYTES], is_cut=is_cut)
    return {
        "title": "What was sent" if side == "request" else "What came back",
        "headers": sorted(headers.items()),
        "text": None if text is None else _pretty(text, headers, is_cut=is_cut),
        "language": "json" if "json" in headers.get("content-type", "") else "text",
        "is_binary": text is None,
        "is_cut": is_cut,
        "size": getattr(kept, f"{side}_size"),
        "why_not": getattr(kept, f"{side}_why_not"),
    }


def _pretty(text: str, headers: dict[str, str], *, is_cut: bool) -> str:
    if is_cut or "json" not in headers.get("content-type", ""):
        return text
    try:
        return json.dumps(json_texts.read(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def _curl(row: RequestLog, kept: KeptBodies | None) -> str:
    """Return the call as a command, as far as it is kept. The key is named and not written."""
    query = f"?{kept.query}" if kept is not None and kept.query else ""
    words = [f"curl -X {shlex.quote(row.method)} {shlex.quote(f'{settings.API_GATEWAY_BASE_URL}{row.path}{query}')}"]
    words.append('-H "Authorization: Bearer $UNITYSVC_API_KEY"')
    if kept is not None:
        for name, value in sorted(kept.request_headers.items()):
            if name not in _OWN and value != "***":
                words.append(f"-H {shlex.quote(f'{name}: {value}')}")
        text = bodies.as_text(bodies.read(kept, "request"), is_cut=False)
        if text and not kept.request_is_cut:
            words.append(f"--data-raw {shlex.quote(text)}")
    return " \\\n  ".join(words)
