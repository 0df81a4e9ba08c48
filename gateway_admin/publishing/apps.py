from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "gateway_admin.publishing"

    def ready(self) -> None:
        from common import ports
        from gateway_admin.publishing import services
        from gateway_admin.secrets import queries

        ports.publish.plug(services.publish)
        ports.secret_names.plug(queries.names)
