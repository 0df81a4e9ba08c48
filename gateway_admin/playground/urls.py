from django.urls import path

from gateway_admin.playground import views

app_name = "playground"
urlpatterns = [
    path("", views.playground, name="page"),
    path("/run", views.playground_run, name="run"),
    path("/estimate", views.playground_estimate, name="estimate"),
    path("/history", views.playground_history, name="history"),
    path("/calls/<uuid:log_id>", views.playground_call, name="call"),
    path("/<uuid:service_id>", views.playground, name="page"),
    path("/<uuid:service_id>/run", views.playground_run, name="run"),
    path("/<uuid:service_id>/estimate", views.playground_estimate, name="estimate"),
]
