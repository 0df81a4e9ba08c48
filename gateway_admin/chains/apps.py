from django.apps import AppConfig


class ChainsConfig(AppConfig):
    name = "gateway_admin.chains"
