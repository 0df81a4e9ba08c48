"""The OpenAPI documents: what django-ninja leaves out of them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.parser import Parser

from domain import json_texts

#: How a key is shown; the gateway takes it alike. Either header will do.
SCHEMES: dict[str, Any] = {
    "Bearer": {"type": "http", "scheme": "bearer", "description": "An API key: svcpass_…"},
    "X-Api-Key": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "The same key, alone."},
}
#: The class that lets in whoever shows no key.
OPTIONAL = "OptionalKey"
_WITH_KEY: list[dict[str, list[str]]] = [{name: []} for name in SCHEMES]
_TOO_DEEP = "it is nested too deeply"
_METHODS = ("get", "post", "put", "patch", "delete")


class Bodies(Parser):
    """Reads what is sent: an object, or a list where an address ends in one of `lists`.

    django-ninja would read the fields of an object off anything else, and find all that are optional missing.
    """

    def __init__(self, *, lists: frozenset[str] = frozenset()) -> None:
        self._lists = lists

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            found: Any = super().parse_body(request)
        except RecursionError:
            raise ValueError(_TOO_DEEP) from None
        is_list = request.path.rstrip("/").rpartition("/")[2] in self._lists
        if not isinstance(found, list if is_list and request.method == "PUT" else dict):
            raise ValueError("it is not the object or list that belongs here")
        if json_texts.is_too_deep(found):
            raise ValueError(_TOO_DEEP)
        return found


class Api(NinjaAPI):
    """An API whose document says which endpoints want a key, and that anybody may ask the others."""

    def get_openapi_schema(self, **options: Any) -> Any:
        """Return the document, which is made once: endpoints do not change while a process lives."""
        made: dict[str, Any] = self.__dict__.setdefault("_documents", {})
        key = repr(sorted((name, value) for name, value in options.items() if value))
        if key not in made:
            made[key] = self._made(options)
        return made[key]

    def _made(self, options: dict[str, Any]) -> Any:
        document = super().get_openapi_schema(**options)
        document["components"]["securitySchemes"] = SCHEMES
        for item in document["paths"].values():
            for method in _METHODS:
                if method in item:
                    item[method]["security"] = _security(item[method])
        return document


def _security(operation: dict[str, Any]) -> list[dict[str, list[str]]]:
    """Return who may ask, from what django-ninja says: the name of the callable that authenticates."""
    is_optional = {OPTIONAL: []} in operation.get("security", [])
    return [{}, *_WITH_KEY] if is_optional else _WITH_KEY
