from django.urls import path

from marketplace.enrollments import plan_views, views

app_name = "enrollments"
urlpatterns = [
    path("", views.enrollment_list, name="list"),
    path("/new/<uuid:service_id>", views.enrollment_create, name="create"),
    path("/<uuid:enrollment_id>", views.enrollment_detail, name="detail"),
    path("/<uuid:enrollment_id>/cancel", views.enrollment_cancel, name="cancel"),
    path("/<uuid:enrollment_id>/plan", plan_views.enrollment_plan, name="plan"),
    path("/<uuid:enrollment_id>/plan/cancel", plan_views.plan_cancel, name="plan_cancel"),
    path("/<uuid:enrollment_id>/plan/undo", plan_views.plan_undo, name="plan_undo"),
    path("/<uuid:enrollment_id>/plan/accept", plan_views.plan_accept, name="plan_accept"),
    path("/<uuid:enrollment_id>/plan/pay", plan_views.plan_pay, name="plan_pay"),
    path("/<uuid:enrollment_id>/price/accept", plan_views.price_accept, name="price_accept"),
]
