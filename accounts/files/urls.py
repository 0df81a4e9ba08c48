from django.urls import path

from accounts.files import views

app_name = "files"
urlpatterns = [
    path("", views.file_list, name="list"),
    path("/upload", views.file_upload, name="upload"),
    path("/put/<str:token>", views.file_put, name="put"),
    path("/<uuid:file_id>", views.file_download, name="download"),
    path("/<uuid:file_id>/delete", views.file_delete, name="delete"),
]
