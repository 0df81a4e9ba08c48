from django.apps import AppConfig


class TestingConfig(AppConfig):
    name = "marketplace.testing"

    def ready(self) -> None:
        from common import ports
        from marketplace.testing import queries
        from marketplace.testing.services import beginning

        ports.begin_tests.plug(beginning.begin_activation)
        ports.approval_hindrance.plug(queries.approval_hindrance)
        ports.test_tasks.plug(queries.tasks)
