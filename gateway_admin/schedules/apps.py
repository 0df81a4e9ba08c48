from django.apps import AppConfig


class SchedulesConfig(AppConfig):
    name = "gateway_admin.schedules"
