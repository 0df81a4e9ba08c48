from django.urls import path

from marketplace.enrollments import views

app_name = "enrollments"
urlpatterns = [
    path("", views.enrollment_list, name="list"),
    path("/new/<uuid:service_id>", views.enrollment_create, name="create"),
    path("/<uuid:enrollment_id>", views.enrollment_detail, name="detail"),
    path("/<uuid:enrollment_id>/cancel", views.enrollment_cancel, name="cancel"),
]
