from django.urls import path

from marketplace.catalog.groups import views

app_name = "seller_groups"
urlpatterns = [
    path("", views.group_list, name="list"),
    path("/new", views.group_create, name="create"),
    path("/preview", views.group_preview, name="preview"),
    path("/<uuid:service_group_id>", views.group_detail, name="detail"),
    path("/<uuid:service_group_id>/edit", views.group_edit, name="edit"),
    path("/<uuid:service_group_id>/delete", views.group_delete, name="delete"),
]
