from django.urls import path

from marketplace.testing import views

app_name = "service_tests"
urlpatterns = [
    path("/<uuid:service_id>/tests", views.overview, name="overview"),
    path("/<uuid:service_id>/tests/run", views.run_create, name="begin"),
    path("/<uuid:service_id>/tests/<uuid:run_id>", views.run_detail, name="run"),
    path("/<uuid:service_id>/tests/documents/<uuid:document_id>/mark", views.document_mark, name="mark"),
]
