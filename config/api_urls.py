"""The JSON APIs: one NinjaAPI a plane of callers, each with its own kind of key."""

from __future__ import annotations

from ninja import NinjaAPI

from accounts.teams.models import TeamKind
from common.ninja import install_error_handlers
from gateway_admin.api_keys.authentication import KeyAuthentication
from gateway_admin.secrets.api import router as secrets_router
from marketplace.catalog.api import router as catalog_router

seller_api = NinjaAPI(
    title="Seller API",
    version="1",
    urls_namespace="seller_api",
    auth=KeyAuthentication(TeamKind.SELLER),
    docs_url=None,
)
seller_api.add_router("", catalog_router)
seller_api.add_router("", secrets_router)
install_error_handlers(seller_api)
