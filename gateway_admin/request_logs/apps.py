from django.apps import AppConfig


class RequestLogsConfig(AppConfig):
    name = "gateway_admin.request_logs"
