from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "accounts.files"
    label = "files"
    verbose_name = "Account files"
