"""The body of a request that is not sent as it came."""

from __future__ import annotations

from typing import Any

from domain import json_texts
from gateway.errors import GatewayError


def written(body: Any) -> bytes:
    """Return a body as JSON text. Raises GatewayError 422 when it is too deep: more can be read than written."""
    try:
        return json_texts.write(body)
    except ValueError as error:
        message = "The body has to be changed for this service, and is nested too deeply for that. Send fewer levels."
        raise GatewayError(422, "body_too_deep", message) from error
