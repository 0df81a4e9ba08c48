"""Body templates: text with `{* expression *}`, made into the JSON that an upstream wants."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain import templating
from domain.template_syntax import SecretReference, Template, TemplateSyntaxError
from domain.transforming.errors import TransformerInvalid, TransformFailed
from domain.transforming.expressions import Parsed, Scope, as_text, parse_expression
from domain.url_components import Component

MAX_CHARACTERS = 65_536
MAX_OUTPUT_CHARACTERS = 10 * 1024 * 1024
_MAX_EXPRESSIONS = 200


@dataclass(frozen=True, slots=True)
class BodyTemplate:
    """Literal texts and expressions in turn. Secrets in a literal are escaped as the inside of a JSON string."""

    parts: tuple[Template | Parsed, ...]

    @property
    def secrets(self) -> tuple[SecretReference, ...]:
        """Return every reference to a secret."""
        return tuple(reference for part in self.parts for reference in part.secrets)

    def render(self, body: Any, context: Mapping[str, object], lookup: templating.SecretLookup) -> bytes:
        """Return the new body. Raises TransformFailed, templating.TemplateError."""
        scope = Scope(
            body,
            lambda name: lookup("customer", name),
            lambda template: templating.render(template, context, component=Component.PLAIN, secrets=lookup),
        )
        text = "".join(self._pieces(scope, context, lookup))
        if len(text) > MAX_OUTPUT_CHARACTERS:
            raise TransformFailed(f"The template makes more than {MAX_OUTPUT_CHARACTERS} characters of this body.")
        return as_json(text, "template")

    def _pieces(self, scope: Scope, context: Mapping[str, object], lookup: templating.SecretLookup) -> Iterator[str]:
        for part in self.parts:
            if isinstance(part, Parsed):
                yield as_text(part.evaluate(scope))
            else:
                yield templating.render(part, context, component=Component.JSON, secrets=lookup)


def parse_body(text: str, *, raw: bool) -> BodyTemplate:
    """Return the template in `text`. raw: no `{{ }}` in it, but secrets. Raises TransformerInvalid."""
    if len(text) > MAX_CHARACTERS:
        raise TransformerInvalid(f"a template has at most {MAX_CHARACTERS} characters.")
    parts: list[Template | Parsed] = []
    pieces = text.split("{*")
    if len(pieces) > _MAX_EXPRESSIONS:
        raise TransformerInvalid(f"a template has at most {_MAX_EXPRESSIONS} expressions.")
    for index, piece in enumerate(pieces):
        expression, closing, literal = piece.partition("*}") if index else ("", "", piece)
        if index:
            if not closing:
                raise TransformerInvalid("'{*' without '*}'.", fix="Write {* _body.name *}.")
            parts.append(parse_expression(expression, raw=raw))
        if literal:
            parts.append(_literal(literal, raw))
    return BodyTemplate(tuple(parts))


def _literal(text: str, raw: bool) -> Template:
    if "{%" in text:
        raise TransformerInvalid("'{%' blocks are not offered.", fix="Write {* expression *} only.")
    try:
        return templating.parse(text, raw=raw)
    except TemplateSyntaxError as error:
        raise TransformerInvalid(error.message) from None


def as_json(text: str, what: str) -> bytes:
    """Return the text as bytes. Raises TransformFailed unless it is JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise TransformFailed(f"What the {what} makes of this body is not JSON{place}.") from None
    return text.encode("utf-8", "surrogatepass")
