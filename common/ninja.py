"""What the JSON APIs share: the error envelope that the published clients read."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from http.client import responses
from typing import Annotated, Any, TypeVar, cast

from django.db import DataError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Router, Schema
from ninja.decorators import decorate_view
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import AfterValidator, BeforeValidator, Field

from common import pagination
from common.apis.decorations import Deprecated, deprecating, ending, tagging
from common.errors import UNSTORABLE, DomainError, Invalid
from common.http import envelope, status_of
from common.idempotency.endpoints import HEADER, claiming, keeping

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
M = TypeVar("M", bound=Model)
#: No list of ours is longer; PostgreSQL refuses to leave out more rows than a bigint counts.
MOST_SKIPPED = 2**31 - 1
logger = logging.getLogger(__name__)


class ErrorBody(Schema):
    """What a refusal says. detail: a sentence, or for 422 a list of {loc, msg, type}."""

    detail: str | list[dict[str, Any]] | dict[str, Any]
    code: str | None = None
    request_id: str | None = None


#: One of them is declared as an answer, so that the documents have its schema; ninja makes a class of each, which a
#: start would pay for thousands of times. The others are only told of: refusals are raised.
_ERRORS = {400: ErrorBody}
_ERRORS_TOLD = {
    code: {
        "description": responses[code],
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
    }
    for code in (401, 402, 403, 404, 409, 413, 422, 429)
}


def _no_number(told: object) -> object:
    """Return what is given for a time as it is. Numbers, which would be seconds since 1970, no document promises."""
    if not isinstance(told, str | int | float):
        return told
    try:
        float(told)
    except ValueError:
        return told
    raise ValueError("write a time such as 2026-11-01T00:00:00Z")


def _no_text(told: object) -> object:
    """Return what is given for a whole number as it is. No document promises texts and truth values there."""
    if isinstance(told, bool | str):
        raise ValueError("write a whole number such as 5")
    return told


def _readable(told: datetime) -> datetime:
    """Return a time as it is. One that UTC dates to the year 0 or 10000 could be stored, and never read again."""
    try:
        told.replace(tzinfo=told.tzinfo or UTC).astimezone(UTC)
    except OverflowError:
        raise ValueError("write a time such as 2026-11-01T00:00:00Z") from None
    return told


#: A time in a request.
Moment = Annotated[datetime, BeforeValidator(_no_number), AfterValidator(_readable)]
#: Of a whole number in the body of a request: nothing else counts as one. Those of queries are text by nature.
#: It stands behind the bounds of a field, Annotated[int, Field(ge=1), PLAIN]: else the document loses them.
PLAIN = BeforeValidator(_no_text)
Whole = Annotated[int, PLAIN]


class Window(Schema):
    """A part of a list: `skip` rows are left out, at most `limit` follow. shared: all lists are the whole team's."""

    skip: int = Field(0, ge=0, le=MOST_SKIPPED)
    limit: int = Field(100, ge=0, le=1000)
    shared: bool = False

    def of(self, rows: QuerySet[M]) -> list[M]:
        """Return that part of the rows."""
        return list(pagination.part(rows, self.skip, self.skip + self.limit))


class Endpoints:
    """Registers views with a router, each at both spellings of the last slash: clients follow no redirects.

    Every POST honours Idempotency-Key, so that what makes something makes it once.
    """

    def __init__(self, router: Router) -> None:
        self.router = router

    def __call__(
        self,
        method: str,
        path: str,
        response: dict[Any, Any],
        *,
        makes: bool = True,
        has_etag: bool = False,
        deprecated: Deprecated | None = None,
        then: Callable[..., Any] | None = None,
        **options: Any,
    ) -> Callable[[Endpoint], Endpoint]:
        """Answer at `path`; the schema names that spelling. options: of the router's `api_operation`.

        makes: False for a POST that only asks, or that may be repeated as it is. then: makes the answer out of what the
        view returns, for what others have to see first.
        """
        other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
        answers = {**response, **({304: None} if has_etag else {})}
        decorators = [tagging] * has_etag + ([deprecating(deprecated)] if deprecated else [])
        if is_once := makes and method == "POST":
            decorators.append(keeping)
        if then is not None:
            decorators.append(ending(then))
        options["deprecated"] = True if deprecated else None

        def register(view: Endpoint) -> Endpoint:
            told = [_KEY_PARAMETER] if is_once and HEADER not in str(inspect.signature(view)) else []
            options["openapi_extra"] = _told(options.get("openapi_extra"), [*told, _ROLE_PARAMETER])
            view = _decorated(claiming(view) if is_once else view, decorators)
            self.router.api_operation([method], path, response={**answers, **_ERRORS}, **options)(view)
            self.router.api_operation([method], other, response=answers, include_in_schema=False, **options)(view)
            return view

        return register


_KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "description": "The same key with the same request within a day gets the same answer, and makes nothing again.",
}
#: The published clients' description has it, for people who act for several accounts in one session.
_ROLE_PARAMETER = {
    "name": "x-role-id",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "Not needed: a key acts for one account in one role. Understood, and changes nothing.",
}


def _decorated(view: Endpoint, decorators: list[Callable[..., Any]]) -> Endpoint:
    """Return a view of its own: decorators are noted on it, and it may stand in other APIs without them."""

    @wraps(view)
    def own(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    # annotations are read where the view is written, not here
    own.__dict__["__signature__"] = inspect.signature(view, eval_str=True)
    own.__dict__["_ninja_contribute_to_operation"] = list(getattr(view, "_ninja_contribute_to_operation", ()))
    return cast(Endpoint, decorate_view(*decorators)(own))


def _told(extra: dict[str, Any] | None, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the schema says more of an operation: headers that no view reads, and refusals."""
    extra = extra or {}
    parameters = [*extra.get("parameters", ()), *parameters]
    return {**extra, "parameters": parameters, "responses": {**_ERRORS_TOLD, **extra.get("responses", {})}}


def install_error_handlers(api: NinjaAPI) -> None:
    """Answer errors as the clients expect: `detail` is a sentence, except for 422, where it is a list."""

    @api.exception_handler(DomainError)
    def domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
        if isinstance(error, Invalid):
            detail = error.facts.get("detail") or [
                {"loc": ["body"], "msg": problem, "type": "value_error"} for problem in error.problems
            ]
            return api.create_response(request, {"detail": detail, "code": error.code}, status=422)
        status = status_of(error)
        body = envelope(request, code=error.code, message=error.message)
        if status == 422:  # the published clients read a list here, and nothing else
            body["detail"] = [{"loc": ["body"], "msg": error.message, "type": error.code}]
        return api.create_response(request, body, status=status)

    @api.exception_handler(ValidationError)
    def validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
        detail = [{key: item.get(key) for key in ("loc", "msg", "type")} for item in error.errors]
        return api.create_response(request, {"detail": detail, "code": "invalid"}, status=422)

    @api.exception_handler(DataError)
    @api.exception_handler(UnicodeEncodeError)
    def unstorable(request: HttpRequest, _error: Exception) -> HttpResponse:
        logger.warning("request.unstorable path=%s", request.path, exc_info=True)
        detail = [{"loc": ["request"], "msg": UNSTORABLE, "type": "value_error"}]
        return api.create_response(request, {"detail": detail, "code": "invalid"}, status=422)

    @api.exception_handler(AuthenticationError)
    def unauthenticated(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
        message = "The API key is missing, unknown, expired or revoked. Create one under Developer, API keys."
        return api.create_response(request, envelope(request, code="unauthenticated", message=message), status=401)

    @api.exception_handler(HttpError)
    def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
        message = error.message
        if isinstance(error.__cause__, ValueError):
            message = f"The body cannot be read: {error.__cause__}. Mend it and send it again as JSON."
        body = envelope(request, code=f"http_{error.status_code}", message=message)
        return api.create_response(request, body, status=error.status_code)
