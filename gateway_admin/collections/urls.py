from django.urls import path

from gateway_admin.collections import views

app_name = "collections"
urlpatterns = [
    path("", views.collection_list, name="list"),
    path("/new", views.collection_create, name="create"),
    path("/<uuid:collection_id>", views.collection_detail, name="detail"),
    path("/<uuid:collection_id>/edit", views.collection_edit, name="edit"),
    path("/<uuid:collection_id>/delete", views.collection_delete, name="delete"),
    path("/<uuid:collection_id>/members/<uuid:service_id>", views.member, name="member"),
    path("/<uuid:collection_id>/members/<uuid:service_id>/remove", views.member_remove, name="remove"),
]
