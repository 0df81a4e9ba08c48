"""Both planes in one process, on one origin; and Django alone, for a host of its own."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

# after Django's set-up has put the defaults into the environment
from config.gateway import gateway_settings  # noqa: E402
from config.planes import BothPlanes, is_gateways  # noqa: E402
from gateway.app import GatewayApp  # noqa: E402

application = BothPlanes(django_application, GatewayApp(gateway_settings, is_gateways=is_gateways))
