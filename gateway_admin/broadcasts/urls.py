from django.urls import path

from gateway_admin.broadcasts import views

app_name = "broadcasts"
urlpatterns = [
    path("", views.broadcast_list, name="list"),
    path("/new", views.broadcast_create, name="create"),
    path("/<uuid:broadcast_id>", views.broadcast_detail, name="detail"),
    path("/<uuid:broadcast_id>/edit", views.broadcast_edit, name="edit"),
    path("/<uuid:broadcast_id>/delete", views.broadcast_delete, name="delete"),
]
