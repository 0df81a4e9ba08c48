"""To the provider, back from it, and its word that somebody has logged out there."""

from __future__ import annotations

from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2LoginView
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from requests import RequestException

from accounts.identities import logout
from accounts.identities.flow import CallbackView, IdentityAdapter


@login_not_required
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Go to the provider."""
    return _with(OAuth2LoginView, request, provider_id)


@login_not_required
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Come back from the provider."""
    return _with(CallbackView, request, provider_id)


@csrf_exempt
@require_POST
@never_cache
def backchannel_logout(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take the provider's word that a session has ended there. The token is what proves who speaks."""
    try:
        logout.take_notice(request, request.POST.get("logout_token", ""))
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except logout.InvalidLogoutToken as error:
        return JsonResponse({"error": "invalid_request", "error_description": error.message}, status=400)
    return HttpResponse(status=200)


def _with(view: type, request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        answer: HttpResponse = view.adapter_view(IdentityAdapter(request, provider_id))(request)  # type: ignore[attr-defined]
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except (OAuth2Error, RequestException) as error:
        provider = get_adapter(request).get_provider(request, provider=provider_id)
        answer = render_authentication_error(request, provider, exception=error)
    return answer
