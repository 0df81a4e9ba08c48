"""A call typed with `usvc`, the published command line. Whatever a seller wrote is quoted for the shell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from django.conf import settings

from marketplace.catalog.models import AccessInterface, Service
from marketplace.catalog.snippet import PLACEHOLDER_KEY, Snippet


def usvc(
    service: Service, interface: AccessInterface, *, path: str, body: Mapping[str, object], headers: Mapping[str, str]
) -> Snippet:
    """Return the command. path: what follows the address of the interface."""
    command = [f"usvc services dispatch {service.pk}"]
    if service.requires_enrollment:
        command.append("  --enrollment YOUR-ENROLLMENT-ID")
    else:
        command.append(f"  --interface {shlex.quote(interface.name)}")
    if path:
        command.append(f"  --path {shlex.quote(path.lstrip('/'))}")
    command += [f"  -H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    if body:
        command.append('  -H "Content-Type: application/json"')
        command.append(f"  --json {shlex.quote(json.dumps(body, indent=2, ensure_ascii=False))}")
    else:
        command.append("  --method GET")
    exports = [f"export UNITYSVC_API_URL={settings.SITE_URL}/v1", f'export UNITYSVC_API_KEY="{PLACEHOLDER_KEY}"']
    code = "\n".join((*exports, "", " \\\n".join(command)))
    return Snippet("cli", "CLI", "bash", code)
