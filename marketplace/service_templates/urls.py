from django.urls import path

from marketplace.service_templates import views

app_name = "service_templates"
urlpatterns = [
    path("", views.template_list, name="list"),
    path("/<uuid:template_id>/use", views.template_use, name="use"),
    path("/made/<uuid:instance_id>", views.instance_detail, name="made"),
    path("/made/<uuid:instance_id>/edit", views.instance_edit, name="edit"),
]
