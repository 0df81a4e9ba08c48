from django.apps import AppConfig


class DisputesConfig(AppConfig):
    name = "marketplace.disputes"
    label = "disputes"

    def ready(self) -> None:
        from billing.rating import verification
        from marketplace.disputes.verification import RULES

        verification.RULES.update(RULES)
