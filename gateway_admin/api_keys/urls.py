from django.urls import path

from gateway_admin.api_keys import views

app_name = "api_keys"
urlpatterns = [
    path("", views.key_list, name="list"),
    path("/new", views.key_create, name="create"),
    path("/<uuid:key_id>/revoke", views.key_revoke, name="revoke"),
]
