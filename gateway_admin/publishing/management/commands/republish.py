"""`manage.py republish`: compile every record anew, for instance after an upgrade changed what a record holds."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.teams.models import Team
from gateway_admin.api_keys.models import ApiKey
from gateway_admin.publishing import named_compilers
from gateway_admin.publishing.models import PublishedRecord
from gateway_admin.publishing.services import publish
from gateway_admin.secrets.models import Secret
from marketplace.catalog.models import AccessInterface, Service, ServiceGroup


class Command(BaseCommand):
    help = "Compile every published record anew. Gateways follow within a second."

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = {("api_key", digest) for digest in ApiKey.objects.values_list("digest", flat=True)}
        wanted |= {("customer", str(pk)) for pk in Team.objects.filter(kind="customer").values_list("pk", flat=True)}
        wanted |= {("service", str(pk)) for pk in Service.objects.values_list("pk", flat=True)}
        wanted |= {("route", name) for name in Service.objects.values_list("name", flat=True)}
        wanted |= {("route", path) for path in AccessInterface.objects.values_list("path", flat=True) if path}
        wanted |= {("secret", f"{team}/{name}") for team, name in Secret.objects.values_list("team_id", "name")}
        wanted |= {each for team in Team.objects.all() for each in named_compilers.names_of(team)}
        routable = ServiceGroup.objects.filter(routing_policy__isnull=False).select_related("owner")
        wanted |= {("group", named_compilers.group_key(group)) for group in routable}
        wanted |= set(PublishedRecord.objects.values_list("kind", "key"))
        for kind, key in sorted(wanted):
            publish(kind, key)
        self.stdout.write(f"{len(wanted)} records compiled.")
