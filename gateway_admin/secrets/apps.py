from django.apps import AppConfig


class SecretsConfig(AppConfig):
    name = "gateway_admin.secrets"
