from django.apps import AppConfig


class ServiceTemplatesConfig(AppConfig):
    name = "marketplace.service_templates"

    def ready(self) -> None:
        from common import ports
        from marketplace.service_templates.services import instances, members

        ports.template_ingested.plug(instances.ingested)
        ports.platform_published.plug(members.publish)
