from django.urls import path

from marketplace.conversations import views

app_name = "conversations"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("/new/<uuid:service_id>", views.inquiry_create, name="ask"),
    path("/<uuid:conversation_id>", views.conversation_detail, name="detail"),
    path("/<uuid:conversation_id>/write", views.conversation_write, name="write"),
    path("/<uuid:conversation_id>/close", views.conversation_close, name="close"),
    path("/<uuid:conversation_id>/reopen", views.conversation_reopen, name="reopen"),
    path("/<uuid:conversation_id>/attachments/<uuid:attachment_id>", views.attachment_download, name="attachment"),
]
