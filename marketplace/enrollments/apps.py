from django.apps import AppConfig


class EnrollmentsConfig(AppConfig):
    name = "marketplace.enrollments"

    def ready(self) -> None:
        from common import ports
        from marketplace.catalog.files import promotions
        from marketplace.catalog.queries import by_id
        from marketplace.enrollments import queries
        from marketplace.enrollments.services import access

        ports.service_names.plug(by_id.service_names)
        ports.service_facts.plug(by_id.service_facts)
        ports.checked_promotion.plug(promotions.checked_promotion)
        ports.enrollment_codes.plug(queries.codes)
        ports.enrollment_access.plug(access.set_access)
