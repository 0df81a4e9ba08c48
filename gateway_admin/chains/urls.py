from django.urls import path

from gateway_admin.chains import views

app_name = "chains"
urlpatterns = [
    path("", views.chain_list, name="list"),
    path("/new", views.chain_create, name="create"),
    path("/<uuid:chain_id>", views.chain_detail, name="detail"),
    path("/<uuid:chain_id>/edit", views.chain_edit, name="edit"),
    path("/<uuid:chain_id>/delete", views.chain_delete, name="delete"),
]
