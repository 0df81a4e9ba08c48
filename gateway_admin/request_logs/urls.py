from django.urls import path

from gateway_admin.request_logs.views import detail, listing

app_name = "request_logs"
urlpatterns = [
    path("", listing.log_list, name="list"),
    path("/export/<str:kind>", listing.log_export, name="export"),
    path("/tail", listing.log_tail, name="tail"),
    path("/settings", detail.log_settings, name="settings"),
    path("/<uuid:log_id>", detail.log_detail, name="detail"),
    path("/<uuid:log_id>/forget", detail.log_forget, name="forget"),
]
