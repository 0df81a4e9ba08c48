from django.urls import path

from billing.promotions import seller_views

app_name = "seller_promotions"
urlpatterns = [
    path("", seller_views.promotion_list, name="list"),
    path("/upload", seller_views.promotion_upload, name="upload"),
    path("/<uuid:promotion_id>", seller_views.promotion_detail, name="detail"),
    path("/<uuid:promotion_id>/status", seller_views.promotion_status, name="status"),
    path("/<uuid:promotion_id>/delete", seller_views.promotion_delete, name="delete"),
]
