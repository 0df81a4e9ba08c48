from django.apps import AppConfig


class StatementsConfig(AppConfig):
    name = "billing.statements"
    label = "statements"
