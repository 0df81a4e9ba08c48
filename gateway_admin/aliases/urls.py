from django.urls import path

from gateway_admin.aliases import views

app_name = "aliases"
urlpatterns = [
    path("", views.alias_list, name="list"),
    path("/new", views.alias_create, name="create"),
    path("/names/<str:name>", views.alias_detail, name="detail"),
    path("/<uuid:alias_id>", views.alias_edit, name="edit"),
    path("/<uuid:alias_id>/switch", views.alias_switch, name="switch"),
    path("/<uuid:alias_id>/remove", views.alias_remove, name="remove"),
]
