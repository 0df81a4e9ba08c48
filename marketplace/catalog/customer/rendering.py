"""Documents that are templates, rendered for one interface.

What a seller wrote may loop and branch. So it is rendered by a process of its own, in Jinja's sandbox, with bounds on
time, memory and output, no environment and no files: `rendering_child`. Results are kept, for equal inputs.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.caches import of_process
from marketplace.catalog import queries
from marketplace.catalog.models import AccessInterface, Document, Service
from marketplace.catalog.queries.by_id import text_of

_CHILD = Path(__file__).with_name("rendering_child.py")
_SECONDS = 5.0
_KEPT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Rendered:
    """error: a sentence when the template cannot be rendered; then text is None."""

    text: str | None
    error: str | None = None


def render_document(document: Document, *, service: Service, interface: AccessInterface | None) -> Rendered | None:
    """Return the text of a document as customers read it; None for what is no text."""
    return rendered(document, context(service, interface))


def rendered(document: Document, values: Mapping[str, Any]) -> Rendered | None:
    """Return the text of a document for a context; None for what is no text."""
    text = text_of(document)
    if text is None:
        return None
    return render(text, values) if document.filename.endswith(".j2") else Rendered(text)


def context(
    service: Service, interface: AccessInterface | None, *, address: str = "", customer_display: bool = True
) -> dict[str, Any]:
    """Return what a document's template may read: the files of the service and the interface, never a key.

    address: where the interface is called, when it is not where it says. customer_display: for reading, not for a test.
    """
    address = address or (queries.base_url(interface) if interface else "")
    own = {
        "name": interface.name if interface else "",
        "description": interface.description if interface else "",
        "access_method": interface.access_method if interface else "http",
        "base_url": address,
        "routing_key": (interface.routing_key or {}) if interface else {},
    }
    return {
        **own,
        "interface": own,
        "listing": service.listing.data,
        "offering": {name: value for name, value in service.offering.data.items() if name != "payout_price"},
        "provider": {"name": service.provider.name, **service.provider_data},
        "seller": {"name": service.seller.name, "display_name": str(service.seller)},
        "service_base_url": address,
        "local_testing": False,
        "customer_display": customer_display,
    }


def render(template: str, values: Mapping[str, Any], *, writes_json: bool = False) -> Rendered:
    """Return the text of a template, or what is wrong with it.

    writes_json: every value is written as JSON, a text as the inside of a quoted one, so that none can end its quotes.
    """
    asked = {"template": template, "context": values, "writes_json": writes_json}
    work = json.dumps(asked, default=str, sort_keys=True)
    key = "rendered:" + hashlib.sha256(work.encode()).hexdigest()
    kept: Rendered | None = of_process.get(key)
    if kept is None:
        kept = _ask(work)
        of_process.set(key, kept, _KEPT_SECONDS)
    return kept


def _ask(work: str) -> Rendered:
    try:
        done = subprocess.run(  # noqa: S603  our own script; what the seller wrote goes in as data
            [sys.executable, "-I", str(_CHILD)], input=work, capture_output=True, text=True, timeout=_SECONDS, env={}
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return Rendered(None, "The template takes too long or too much memory. Ask its seller to make it simpler.")
    return Rendered(answer.get("text"), answer.get("error"))
