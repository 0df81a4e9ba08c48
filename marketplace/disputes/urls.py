from django.urls import path

from marketplace.disputes import views

app_name = "disputes"
urlpatterns = [
    path("", views.dispute_list, name="list"),
    path("/charge/<uuid:event_id>", views.dispute_create, name="create"),
    path("/<uuid:dispute_id>", views.dispute_detail, name="detail"),
    path("/<uuid:dispute_id>/messages", views.dispute_write, name="write"),
    path("/<uuid:dispute_id>/withdraw", views.dispute_withdraw, name="withdraw"),
    path("/<uuid:dispute_id>/refund", views.dispute_refund, name="refund"),
    path("/<uuid:dispute_id>/attached/<uuid:file_id>", views.attachment_download, name="attachment"),
]
