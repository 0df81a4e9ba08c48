"""Around every request below /v1: the caller's rate limit, and answers in JSON whoever gives them."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from common.apis import limits
from common.apis.limits import Verdict
from common.http import caller_address, envelope, presented_key

PREFIX = "/v1/"
Respond = Callable[[HttpRequest], HttpResponse]


class ApiAnswers:
    """Stands outside of the routing, so that unknown addresses and wrong methods count and answer alike."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        verdict = _counted(request)
        response = self._answer(request) if verdict is None or verdict.is_allowed else _refusal(request)
        if response.status_code == 401 and presented_key(request):
            refused = _counted_guess(request)
            if refused is not None:
                verdict, response = refused, _refusal(request)
        for name, value in verdict.headers.items() if verdict else ():
            response.headers[name] = value
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.headers.get("Content-Type", "").startswith("application/json"):
            return _wrong_method(request, response)
        return response


def _counted(request: HttpRequest) -> Verdict | None:
    """Count a request of a key, or of an address that shows none. None: it is not limited."""
    if key := presented_key(request):
        return _count(limits.of_key(key), settings.API_REQUESTS_PER_KEY)
    return _count(limits.of_address(caller_address(request)), settings.API_REQUESTS_PER_ADDRESS)


def _counted_guess(request: HttpRequest) -> Verdict | None:
    """Count a key that opened nothing against its address; return the refusal when there were too many."""
    verdict = _count(f"guess:{caller_address(request)}", settings.API_REQUESTS_PER_ADDRESS)
    return verdict if verdict is not None and not verdict.is_allowed else None


def _count(caller: str, limit: int) -> Verdict | None:
    return limits.counter(settings.REDIS_URL).count(caller, limit) if limit > 0 else None


def _refusal(request: HttpRequest) -> HttpResponse:
    message = "Too many requests in a minute. Wait as many seconds as Retry-After says, then go on more slowly."
    return JsonResponse(envelope(request, code="too_many_requests", message=message), status=429)


def _wrong_method(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    allowed = response.headers.get("Allow", "")
    message = f"{request.path} does not understand {request.method}. It understands {allowed or 'other methods'}."
    answer = JsonResponse(envelope(request, code="method_not_allowed", message=message), status=405)
    answer.headers["Allow"] = allowed
    return answer
