from django.urls import path

from gateway_admin.schedules import views

app_name = "schedules"
urlpatterns = [
    path("", views.schedule_list, name="list"),
    path("/new", views.schedule_create, name="create"),
    path("/preview", views.schedule_preview, name="preview"),
    path("/<uuid:schedule_id>", views.schedule_detail, name="detail"),
    path("/<uuid:schedule_id>/edit", views.schedule_edit, name="edit"),
    path("/<uuid:schedule_id>/copy", views.schedule_copy, name="copy"),
    path("/<uuid:schedule_id>/run", views.schedule_run, name="run_now"),
    path("/<uuid:schedule_id>/pause", views.schedule_act, {"action": "pause"}, name="pause"),
    path("/<uuid:schedule_id>/resume", views.schedule_act, {"action": "resume"}, name="resume"),
    path("/<uuid:schedule_id>/cancel", views.schedule_act, {"action": "cancel"}, name="cancel"),
    path("/<uuid:schedule_id>/delete", views.schedule_act, {"action": "delete"}, name="delete"),
    path("/runs/<uuid:run_id>", views.run_detail, name="run"),
    path("/runs/<uuid:run_id>/replay", views.run_replay, name="replay"),
]
