"""The JSON APIs: one NinjaAPI a plane of callers, each with its own kind of key."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import page_not_found, server_error

from accounts.files.api import customer_router as customer_files
from accounts.files.api import seller_router as seller_files
from accounts.teams.models import TeamKind
from billing.payouts.api import router as seller_money
from billing.promotions.api import router as seller_promotions
from billing.statements.api import router as usage
from common.apis.documents import Api, Bodies
from common.http import envelope
from common.ninja import install_error_handlers
from gateway_admin.aliases.api import router as aliases
from gateway_admin.api_keys.authentication import KeyAuthentication, OptionalKey
from gateway_admin.broadcasts.api import router as broadcasts
from gateway_admin.chains.api import router as chains
from gateway_admin.collections.api import router as collections
from gateway_admin.planning.api import router as planning
from gateway_admin.preferences.api import router as preferences
from gateway_admin.request_logs.api import router as request_logs
from gateway_admin.schedules.api import router as schedules
from gateway_admin.secrets.api import customer_router as customer_secrets
from gateway_admin.secrets.api import seller_router as seller_secrets
from marketplace.catalog.api import router as seller_catalog
from marketplace.catalog.customer.api import router as customer_catalog
from marketplace.catalog.groups.api import router as seller_groups
from marketplace.enrollments.api import router as enrollments
from marketplace.service_templates.api import router as seller_templates
from marketplace.testing import api as _tests  # noqa: F401  adds its addresses to those of the sellers' catalogue

customer_api = Api(
    title="Customer API",
    version="1",
    urls_namespace="customer_api",
    auth=KeyAuthentication(TeamKind.CUSTOMER),
    docs_url=None,
    parser=Bodies(lists=frozenset({"steps", "targets"})),
)
customer_api.add_router("", customer_catalog, auth=OptionalKey(TeamKind.CUSTOMER))
customer_api.add_router("", enrollments)
customer_api.add_router("", customer_secrets)
customer_api.add_router("", collections)
customer_api.add_router("", aliases)
customer_api.add_router("", chains)
customer_api.add_router("", broadcasts)
customer_api.add_router("", planning)
customer_api.add_router("", customer_files)
customer_api.add_router("", request_logs)
customer_api.add_router("", preferences)
customer_api.add_router("", usage)
customer_api.add_router("", schedules)
install_error_handlers(customer_api)

seller_api = Api(
    title="Seller API",
    version="1",
    urls_namespace="seller_api",
    auth=KeyAuthentication(TeamKind.SELLER),
    docs_url=None,
    parser=Bodies(),
)
# before /services/{id}, which would take "from-template" for an id
seller_api.add_router("", seller_templates)
seller_api.add_router("", seller_catalog)
seller_api.add_router("", seller_secrets)
seller_api.add_router("", seller_files)
seller_api.add_router("", seller_groups)
seller_api.add_router("", seller_promotions)
seller_api.add_router("", seller_money)
install_error_handlers(seller_api)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer addresses that nothing stands at: below /v1 in JSON, as the APIs answer everything."""
    if not request.path.startswith("/v1/"):
        return page_not_found(request, exception)
    message = f"There is nothing at {request.path}. The addresses are in /v1/openapi.json and /v1/seller/openapi.json."
    return JsonResponse(envelope(request, code="not_found", message=message), status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer what is our mistake: below /v1 in JSON."""
    if not request.path.startswith("/v1/"):
        return server_error(request)
    message = "This is a mistake of ours, and it is logged. Try again; if it stays, tell support the request id."
    return JsonResponse(envelope(request, code="internal_error", message=message), status=500)
