"""Every address of the control plane."""

from django.contrib import admin
from django.urls import include, path

from billing.payments.views import webhooks
from common.storage.views import object_download
from config import api_urls, health, pages, reference, wallet
from config.documentation import views as documentation
from config.public import views as public
from config.status import views as status
from config.usage.views import customers as usage
from config.usage.views import sellers as sales
from marketplace.conversations import views as conversations

urlpatterns = [
    path("", pages.home, name="home"),
    path("theme", pages.theme, name="theme"),
    path("status", status.status_page, name="status"),
    path("status.json", status.status_json, name="status_json"),
    path("docs", include("config.documentation.urls")),
    path("topics", documentation.topic_list, name="topic_list"),
    path("topics/<slug:slug>", documentation.topic_detail, name="topic_detail"),
    path("pricing", public.pricing, name="pricing"),
    path("terms", public.terms, name="terms"),
    path("privacy", public.privacy, name="privacy"),
    path("sitemap.xml", public.sitemap, name="sitemap"),
    path("robots.txt", public.robots, name="robots"),
    path("favicon.ico", public.favicon, name="favicon"),
    path("onboarding", pages.onboarding_choice, name="onboarding"),
    path("healthz", health.healthz),
    path("v1/docs", reference.customer_reference, name="customer_reference"),
    path("v1/seller/docs", reference.seller_reference, name="seller_reference"),
    path("v1/seller/", api_urls.seller_api.urls),
    path("v1/", api_urls.customer_api.urls),
    path("objects/<str:token>", object_download, name="object"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("market", include("marketplace.catalog.urls")),
    path("", include("marketplace.catalog.urls_browsing")),
    path("teams", include("accounts.teams.urls")),
    path("files", include("accounts.files.urls")),
    path("enrollments", include("marketplace.enrollments.urls")),
    path("keys", include("gateway_admin.api_keys.urls")),
    path("secrets", include("gateway_admin.secrets.urls")),
    path("aliases", include("gateway_admin.aliases.urls")),
    path("collections", include("gateway_admin.collections.urls")),
    path("chains", include("gateway_admin.chains.urls")),
    path("broadcasts", include("gateway_admin.broadcasts.urls")),
    path("request-logs", include("gateway_admin.request_logs.urls")),
    path("schedules", include("gateway_admin.schedules.urls")),
    path("resolve", include("gateway_admin.planning.urls")),
    path("playground", include("gateway_admin.playground.urls")),
    path("wallet", wallet.wallet_detail, name="wallet"),
    path("wallet/transactions", wallet.transaction_list, name="transactions"),
    path("wallet", include("billing.payments.urls")),
    path("webhooks/stripe", webhooks.stripe, name="stripe_webhook"),
    path("wallet/charges", include("billing.rating.urls")),
    path("usage", usage.usage_page, name="usage"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
    path("promotions", include("billing.promotions.urls")),
    path("statements", include("billing.statements.urls")),
    path("subscriptions", include("billing.subscriptions.urls")),
    path("seller/services", include("marketplace.catalog.urls_seller")),
    path("seller/services", include("marketplace.testing.urls")),
    path("seller/promotions", include("billing.promotions.urls_seller")),
    path("seller/templates", include("marketplace.service_templates.urls")),
    path("seller/groups", include("marketplace.catalog.groups.urls")),
    path("seller/usage", sales.sales_page, name="seller_usage"),
    path("seller/usage.csv", sales.sales_csv, name="seller_usage_csv"),
    path("seller/", include("billing.payouts.urls")),
    path("disputes", include("marketplace.disputes.urls")),
    path("messages", include("marketplace.conversations.urls")),
    path("help", conversations.ticket_create, name="help"),
]

handler404 = api_urls.not_found
handler500 = api_urls.broken
