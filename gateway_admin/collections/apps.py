from django.apps import AppConfig


class CollectionsConfig(AppConfig):
    name = "gateway_admin.collections"
