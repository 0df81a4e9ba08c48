"""Every address of the control plane."""

from django.contrib import admin
from django.urls import include, path

from config import api_urls, health, pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("theme", pages.theme, name="theme"),
    path("onboarding", pages.onboarding_choice, name="onboarding"),
    path("healthz", health.healthz),
    path("v1/seller/", api_urls.seller_api.urls),
    path("v1/", api_urls.customer_api.urls),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("market", include("marketplace.catalog.urls")),
    path("teams", include("accounts.teams.urls")),
    path("enrollments", include("marketplace.enrollments.urls")),
    path("keys", include("gateway_admin.api_keys.urls")),
    path("secrets", include("gateway_admin.secrets.urls")),
    path("wallet", include("billing.rating.urls")),
    path("seller/services", include("marketplace.catalog.urls_seller")),
]

handler404 = api_urls.not_found
