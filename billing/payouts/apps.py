from django.apps import AppConfig


class PayoutsConfig(AppConfig):
    name = "billing.payouts"
    label = "payouts"

    def ready(self) -> None:
        from billing.payouts.verification import RULES
        from billing.rating import verification

        verification.RULES.update(RULES)
