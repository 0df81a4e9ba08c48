from django.apps import AppConfig


class ApiKeysConfig(AppConfig):
    name = "gateway_admin.api_keys"
