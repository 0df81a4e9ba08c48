from django.urls import path

from billing.statements import views

app_name = "statements"
urlpatterns = [
    path("", views.statement_list, name="list"),
    path("/billing-details", views.billing_details, name="details"),
    path("/so-far", views.so_far, name="so_far"),
    path("/<str:number>", views.statement_detail, name="detail"),
    path("/<str:number>/files/<str:kind>", views.file_download, name="file"),
]
