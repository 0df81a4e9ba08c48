from django.apps import AppConfig


class EnrollmentsConfig(AppConfig):
    name = "marketplace.enrollments"

    def ready(self) -> None:
        from common import ports
        from marketplace.catalog.queries import by_id

        ports.service_names.plug(by_id.service_names)
