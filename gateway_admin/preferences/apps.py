from django.apps import AppConfig


class PreferencesConfig(AppConfig):
    name = "gateway_admin.preferences"
    label = "preferences"
