from django.apps import AppConfig


class BroadcastsConfig(AppConfig):
    name = "gateway_admin.broadcasts"
