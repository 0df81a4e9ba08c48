"""How an endpoint may be asked twice: common.ninja puts this around every POST that makes something."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from common.idempotency import services
from common.idempotency.services import Claim

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
F = TypeVar("F", bound=Callable[..., Any])
Run = Callable[..., HttpResponse]


def claiming(view: F) -> F:
    """Answer again what was answered before. Runs after the caller is known and the request has been read."""

    @wraps(view)
    def claimed(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if HEADER not in request.headers:
            return view(request, *args, **kwargs)
        claim = services.claim(
            caller=str(request.api_key.pk),  # type: ignore[attr-defined]
            key=request.headers[HEADER],
            request=_all_of(request),
            now=timezone.now(),
        )
        if claim.kept is not None:
            return _again(claim)
        request.claim = claim  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return cast(F, claimed)


def keeping(run: Run) -> Run:
    """Let a claim, what the view does and the answer commit together, or not at all."""

    @wraps(run)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if HEADER not in request.headers:
            return run(request, *args, **kwargs)
        request.body  # noqa: B018  read before the view, so that it can be compared
        with transaction.atomic():
            response = run(request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)  # what failed made nothing, and may be tried again
            elif claim := getattr(request, "claim", None):
                _keep(claim, response)
        return response

    return kept


def _keep(claim: Claim, response: HttpResponse) -> None:
    services.keep(
        claim=claim,
        status=response.status_code,
        content_type=response.headers["Content-Type"],
        body=response.content,
        now=timezone.now(),
    )


def _again(claim: Claim) -> HttpResponse:
    kept = claim.kept
    assert kept is not None
    response = HttpResponse(bytes(kept.body), status=kept.status, content_type=kept.content_type)
    response.headers[REPLAYED] = "true"
    return response


def _all_of(request: HttpRequest) -> bytes:
    return b"\n".join((f"{request.method} {request.get_full_path()}".encode(), request.body))
