from django.urls import path

from marketplace.catalog import views

app_name = "market"
urlpatterns = [
    path("", views.market_list, name="list"),
    path("/compare", views.market_compare, name="compare"),
    path("/documents/<uuid:document_id>", views.document_file, name="document"),
    path("/<path:reference>", views.service_detail, name="service"),
]
