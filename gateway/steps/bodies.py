"""The body of a request that is not sent as it came."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.errors import GatewayError


def written(body: Any) -> bytes:
    """Return a body as JSON text. Raises GatewayError 422 when it cannot be written: more can be read than that."""
    try:
        return orjson.dumps(body)
    except TypeError as error:
        message = "The body has to be changed for this service, and is nested too deeply for that. Send fewer levels."
        raise GatewayError(422, "body_too_deep", message) from error
