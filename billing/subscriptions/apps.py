from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "billing.subscriptions"
    label = "subscriptions"

    def ready(self) -> None:
        from billing.subscriptions import queries
        from common import ports

        ports.plans_of.plug(queries.plans_of)
