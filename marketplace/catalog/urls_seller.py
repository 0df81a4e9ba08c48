from django.urls import path

from marketplace.catalog import seller_views, upload_views

app_name = "seller_services"
urlpatterns = [
    path("", seller_views.service_list, name="list"),
    path("/upload", upload_views.service_upload, name="upload"),
    path("/<uuid:service_id>", seller_views.service_detail, name="detail"),
    path("/<uuid:service_id>/submit", seller_views.service_submit, name="submit"),
    path("/<uuid:service_id>/withdraw", seller_views.service_withdraw, name="withdraw"),
    path("/<uuid:service_id>/deprecate", seller_views.service_deprecate, name="deprecate"),
    path("/<uuid:service_id>/visibility", seller_views.service_visibility, name="visibility"),
]
