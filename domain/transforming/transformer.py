"""A channel's `request_transformer`, read once: what it changes in a request and in its answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain import templating
from domain.template_syntax import SecretReference, Template, TemplateSyntaxError
from domain.transforming.bodies import BodyTemplate, as_json, parse_body
from domain.transforming.errors import TransformerInvalid
from domain.transforming.llm.dialects import Translation, read_translation
from domain.url_components import Component

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}\Z")
_HOST = re.compile(r"(?=.{1,259}\Z)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*(?::[0-9]{1,5})?\Z")
_HEADER_VERBS = ("set", "add", "remove")
#: Framing and identity of the connection: the gateway writes them itself.
_OURS = frozenset(("host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"))

NamedTemplates = tuple[tuple[str, Template], ...]


@dataclass(frozen=True, slots=True)
class SetBody:
    """A body that replaces the caller's: a text, or an object with templates in its strings."""

    text: Template | None
    tree: Any = None

    @property
    def secrets(self) -> tuple[SecretReference, ...]:
        """Return every reference to a secret."""
        templates = [self.text] if self.text is not None else list(_templates(self.tree))
        return tuple(reference for template in templates for reference in template.secrets)

    def render(self, context: Mapping[str, object], lookup: templating.SecretLookup) -> bytes:
        """Return the body. Raises TransformFailed, templating.TemplateError."""
        if self.text is not None:
            text = templating.render(self.text, context, component=Component.JSON, secrets=lookup)
            return as_json(text, "set_body")
        return json.dumps(_filled(self.tree, context, lookup), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Transformer:
    """What is left to do for each call. Headers that are set are not here: the channel sets them like its own."""

    set_headers: NamedTemplates = ()
    add_headers: NamedTemplates = ()
    remove_headers: frozenset[str] = frozenset()
    method: str = ""
    uri: Template | None = None
    host: str = ""
    set_body: SetBody | None = None
    request_body: BodyTemplate | None = None
    response_body: BodyTemplate | None = None
    translation: Translation | None = None
    unknown: tuple[str, ...] = field(default=())

    @property
    def is_only_headers(self) -> bool:
        """Return whether nothing but set headers is asked for."""
        return self == Transformer(set_headers=self.set_headers, unknown=self.unknown)

    @property
    def secrets(self) -> tuple[SecretReference, ...]:
        """Return every reference to a secret, those of set headers not included."""
        found: list[SecretReference] = []
        for part in (self.uri, self.set_body, self.request_body, self.response_body):
            found += part.secrets if part is not None else ()
        for _, template in self.add_headers:
            found += template.secrets
        return tuple(found)


def read_transformer(value: object, *, raw: bool) -> Transformer:
    """Return what `request_transformer` says. raw: it stands in the literal block. Raises TransformerInvalid."""
    if value is None:
        return Transformer()
    if not isinstance(value, dict):
        raise TransformerInvalid("must be an object of transformers.", fix='Write {"proxy_rewrite": {…}}.')
    found: dict[str, Any] = {}
    for key, written in value.items():
        read = _READERS.get(key)
        if read is not None and written is not None:
            with _below(key):
                found |= read(written, raw)
    unknown = tuple(key for key in value if key not in _READERS)
    return Transformer(**found, unknown=unknown)


class _below:
    """Puts a name in front of the place that an error tells."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, TransformerInvalid):
            error.path = (self._key, *error.path)


def _body_transformer(value: object, raw: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for side, written in _object(value).items():
        with _below(side):
            if side not in {"request", "response"}:
                raise TransformerInvalid("unknown field.", fix="Known: request, response.")
            found[f"{side}_body"] = _one_side(_object(written), raw)
    return found


def _one_side(value: dict[str, Any], raw: bool) -> BodyTemplate:
    if (form := value.get("input_format", "json")) != "json":
        raise TransformerInvalid(f"input_format must be json (got {form!r:.40}).")
    template = value.get("template")
    if not isinstance(template, str) or not template.strip():
        raise TransformerInvalid("template: required.", fix='Write {"text": {* _escape_json(_body.t) *}}.')
    with _below("template"):
        return parse_body(template, raw=raw)


def _proxy_rewrite(value: object, raw: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, written in _object(value).items():
        with _below(key):
            match key:
                case "method":
                    if written not in _METHODS:
                        raise TransformerInvalid(f"must be one of {', '.join(_METHODS)} (got {written!r:.40}).")
                    found["method"] = written
                case "uri":
                    found["uri"] = _uri(written, raw)
                case "host":
                    if not isinstance(written, str) or not _HOST.match(written):
                        raise TransformerInvalid("must be a host name, written out.")
                    found["host"] = written.lower()
                case "headers":
                    found |= _headers(_object(written), raw)
                case _:
                    raise TransformerInvalid("unknown field.", fix="Known: headers, method, uri, host.")
    return found


def _uri(value: object, raw: bool) -> Template:
    if not isinstance(value, str) or not value.startswith("/") or value.startswith("//"):
        raise TransformerInvalid("must be a path that starts with one '/'.")
    # behind a host that stands for any, so that each value is encoded for the part of the address it stands in
    return _template(f"https://host{value}", raw)


def _headers(value: dict[str, Any], raw: bool) -> dict[str, Any]:
    if value and not any(verb in value for verb in _HEADER_VERBS):
        value = {"set": value}  # the short form: every name is set
    found: dict[str, Any] = {}
    for verb, written in value.items():
        with _below(verb):
            if verb == "remove":
                if not isinstance(written, list) or not all(isinstance(name, str) for name in written):
                    raise TransformerInvalid("must be a list of header names.")
                found["remove_headers"] = frozenset(name.lower() for name in written)
            elif verb in {"set", "add"}:
                found[f"{verb}_headers"] = tuple(_header(name, text, raw) for name, text in _object(written).items())
            else:
                raise TransformerInvalid("unknown field.", fix="Known: set, add, remove.")
    return found


def _header(name: str, value: object, raw: bool) -> tuple[str, Template]:
    if not _HEADER_NAME.match(name):
        raise TransformerInvalid(f"{name!r:.60} is not a header name.")
    if name.lower() in _OURS:
        raise TransformerInvalid(f"{name} is written by the gateway.", fix="Use proxy_rewrite.host for the host.")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TransformerInvalid(f"the value of {name} must be a text.")
    return name.lower(), _template(str(value), raw)


def _set_body(value: object, raw: bool) -> dict[str, Any]:
    if isinstance(value, str):
        return {"set_body": SetBody(_template(value, raw))}
    return {"set_body": SetBody(None, _compiled(value, raw))}


def _llm_translator(value: object, raw: bool) -> dict[str, Any]:
    return {"translation": read_translation(value)}


def _template(value: object, raw: bool) -> Template:
    if not isinstance(value, str):
        raise TransformerInvalid("must be a text.")
    try:
        return templating.parse(value, raw=raw)
    except TemplateSyntaxError as error:
        raise TransformerInvalid(error.message) from None


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TransformerInvalid("must be an object.")
    return value


def _compiled(value: Any, raw: bool) -> Any:
    if isinstance(value, str):
        return _template(value, raw)
    if isinstance(value, dict):
        return {key: _compiled(item, raw) for key, item in value.items()}
    return [_compiled(item, raw) for item in value] if isinstance(value, list) else value


def _templates(value: Any) -> Iterator[Template]:
    if isinstance(value, Template):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _templates(item)


def _filled(value: Any, context: Mapping[str, object], lookup: templating.SecretLookup) -> Any:
    if isinstance(value, Template):
        return templating.render(value, context, component=Component.PLAIN, secrets=lookup)
    if isinstance(value, dict):
        return {key: _filled(item, context, lookup) for key, item in value.items()}
    return [_filled(item, context, lookup) for item in value] if isinstance(value, list) else value


_READERS: dict[str, Callable[[object, bool], dict[str, Any]]] = {
    "proxy_rewrite": _proxy_rewrite,
    "body_transformer": _body_transformer,
    "set_body": _set_body,
    "llm_translator": _llm_translator,
}
