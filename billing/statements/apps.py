from django.apps import AppConfig


class StatementsConfig(AppConfig):
    name = "billing.statements"
    label = "statements"

    def ready(self) -> None:
        from billing.statements import queries
        from common import ports

        ports.statement_discounts.plug(queries.discounts_of_sellers)
