"""Tokens that the provider has signed: checked with the keys that it publishes."""

from __future__ import annotations

from typing import Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from requests import RequestException

#: What may sign a token. None of these can be forged with a key that everybody knows.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


class InvalidToken(Exception):
    """It is not signed by the provider, not for us, or not now."""


def claims(raw: str, *, config: dict[str, Any], audience: str, require: tuple[str, ...]) -> dict[str, Any]:
    """Return what a token says. config: the provider's description of itself. Raises InvalidToken."""
    try:
        found: dict[str, Any] = jwt.decode(
            raw,
            key=_key(raw, config["jwks_uri"]),
            algorithms=list(_ALGORITHMS),
            issuer=config["issuer"],
            audience=audience,
            options={"require": ["iss", "aud", "iat", *require]},
        )
    except (jwt.PyJWTError, RequestException, KeyError, ValueError) as error:
        raise InvalidToken(str(error)) from error
    return found


def _key(raw: str, address: str) -> Any:
    """Return the key that signed a token; one that it does not name is the provider's only one."""
    name = jwt.get_unverified_header(raw).get("kid")
    with get_adapter().get_requests_session() as session:
        answer = session.get(address)
        answer.raise_for_status()
    keys = [each for each in jwt.PyJWKSet.from_dict(answer.json()).keys if each.public_key_use in (None, "sig")]
    fitting = [each for each in keys if each.key_id == name] if name else keys
    if len(fitting) != 1:
        raise jwt.InvalidKeyError("The provider has no such key.")
    return fitting[0].key
