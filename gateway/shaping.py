"""What a channel changes beyond its own address, headers and names: transformers, signatures, local answers, rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain import response_rules, templating
from domain.response_rules import ResponseRules
from domain.template_syntax import SecretReference, Template
from domain.transforming.transformer import Transformer

FORWARD, SIGV4 = "__forward__", "__sigv4__"
LOCAL = "resp://"
_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Signing:
    """What an AWS signature is made with; session_token may be None."""

    access_key: Template
    secret_key: Template
    session_token: Template | None
    region: Template
    service: str

    @property
    def secrets(self) -> Iterator[SecretReference]:
        """Yield every reference to a secret."""
        for template in (self.access_key, self.secret_key, self.session_token, self.region):
            if template is not None:
                yield from template.secrets


@dataclass(frozen=True, slots=True)
class Shaping:
    """forwards_key: the caller's key goes on to one of our own hosts. is_local: answered here, with a status.

    rules: by which answers are judged, None for by their status alone.
    """

    transformer: Transformer
    signing: Signing | None
    forwards_key: bool
    is_local: bool
    rules: ResponseRules | None = None

    @property
    def secrets(self) -> Iterator[SecretReference]:
        """Yield every reference to a secret."""
        yield from self.transformer.secrets
        if self.signing is not None:
            yield from self.signing.secrets


@dataclass(frozen=True, slots=True)
class Written:
    """A channel with its literal block lifted: what stands there wins, and only its secrets are read."""

    values: Mapping[str, Any]
    literal: frozenset[str] = frozenset()

    def template(self, key: str) -> Template:
        """Return a text of the channel, empty when it has none."""
        return self.parsed(key, self.values.get(key) or "")

    def parsed(self, key: str, text: object) -> Template:
        """Return a text that stands below `key`."""
        return templating.parse(str(text), raw=key in self.literal)

    def with_own(self, values: Mapping[str, Any]) -> Written:
        """Return it with other values, which are templates again."""
        return Written({**self.values, **values}, self.literal - values.keys())


def lifted(config: Mapping[str, Any]) -> Written:
    """Return the channel with `raw` lifted."""
    raw = config.get("raw")
    if not isinstance(raw, dict):
        return Written(config)
    return Written({**{key: value for key, value in config.items() if key != "raw"}, **raw}, frozenset(raw))


def shaping_of(written: Written, transformer: Transformer) -> Shaping | None:
    """Return what is changed, or None when nothing is: then a call costs nothing more. Raises ValueError."""
    key = written.values.get("api_key")
    shaping = Shaping(
        transformer,
        _signing(written) if key == SIGV4 else None,
        key == FORWARD,
        str(written.values.get("base_url") or "").startswith(LOCAL),
        response_rules.read(written.values.get("response_rules"))[0],
    )
    is_plain = transformer.is_only_headers and shaping.signing is None and shaping.rules is None
    return None if is_plain and not shaping.forwards_key and not shaping.is_local else shaping


def _signing(written: Written) -> Signing:
    missing = [name for name in ("access_key", "secret_key", "sigv4_service") if not written.values.get(name)]
    if missing:
        raise ValueError(f"{SIGV4} without {', '.join(missing)}")
    return Signing(
        written.template("access_key"),
        written.template("secret_key"),
        written.template("session_token") if written.values.get("session_token") else None,
        written.parsed("region", written.values.get("region") or _REGION),
        str(written.values["sigv4_service"]),
    )
