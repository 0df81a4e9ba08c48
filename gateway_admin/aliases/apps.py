from django.apps import AppConfig


class AliasesConfig(AppConfig):
    name = "gateway_admin.aliases"
