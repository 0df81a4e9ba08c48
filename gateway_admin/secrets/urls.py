from django.urls import path

from gateway_admin.secrets import views

app_name = "secrets"
urlpatterns = [
    path("", views.secret_list, name="list"),
    path("/new", views.secret_create, name="create"),
    path("/<str:name>", views.secret_detail, name="detail"),
    path("/<str:name>/delete", views.secret_delete, name="delete"),
    path("/<str:name>/hosts", views.grant_create, name="grant"),
    path("/<str:name>/hosts/withdraw", views.grant_delete, name="withdraw"),
]
