"""The fields of the APIs' queries and bodies: which of them name something, and which do not.

A new field belongs into NAMING, with what of the owner's it names, or into PLAIN.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from config.api_urls import customer_api, seller_api

Json = dict[str, Any]
Path = tuple[str, ...]
_DEPTH = 4
METHODS = ("get", "post", "put", "patch", "delete")
#: What fields hold whose schema alone does not say what is understood.
WORDS: dict[str, object] = {
    "name": "crimson-new",
    "target_path": "p/crimson",
    "request_path": "p/crimson",
    "path": "p/crimson",
    "filename": "a.txt",
    "at": "2999-01-01T00:00:00+00:00",
    "pricing": {"type": "multiply", "factor": "0.8"},
    "scope": {},
    "data": {},
}


def cursor(pk: object) -> str:
    """Return a cursor as common.cursors writes it: of a row that everybody's rows are older than."""
    return base64.urlsafe_b64encode(f"2999-01-01T00:00:00+00:00|{pk}".encode()).decode()


#: {field: what of somebody's it names}. owner: Belongings, or the Neighbour of neighbours.py.
NAMING: dict[str, Callable[[Any], object]] = {
    "alias": lambda owner: f"a/{owner.alias.name}",
    "api_key_id": lambda owner: owner.buyer_key.pk,
    "cursor": lambda owner: cursor(owner.service.pk),
    "document_id": lambda owner: owner.document.pk,
    "enrollment_id": lambda owner: owner.enrollment.pk,
    "gateway": lambda owner: owner.collection.name,
    "group_ids": lambda owner: owner.collection.pk,
    "id": lambda owner: owner.task.key,
    "ids": lambda owner: owner.service.pk,
    "interface": lambda owner: owner.service.interfaces.get().pk,
    "interface_id": lambda owner: owner.service.interfaces.get().pk,
    "key": lambda owner: owner.file.key,
    "name": lambda owner: owner.alias.name,
    "parent_group_name": lambda owner: owner.group.name,
    "path": lambda owner: owner.service.name,
    "provider": lambda owner: owner.service.provider.name,
    "recurrent_request_id": lambda owner: owner.schedule.pk,
    "request_id": lambda owner: owner.log_id,
    "request_path": lambda owner: f"a/{owner.alias.name}",
    "revision_of": lambda owner: owner.service.pk,
    "search": lambda owner: owner.service.name,
    "service": lambda owner: f"a/{owner.alias.name}",
    "service_enrollment_id": lambda owner: owner.enrollment.pk,
    "service_groups": lambda owner: owner.group.name,
    "service_id": lambda owner: owner.service.pk,
    "services": lambda owner: owner.service.name,
    "session": lambda owner: owner.collection.name,
    "target": lambda owner: owner.collection.name,
    "target_path": lambda owner: f"g/{owner.collection.name}",
    "template_id": lambda owner: owner.instance.pk,
    "template_instance_id": lambda owner: owner.instance.pk,
    "text": lambda owner: owner.collection.name,
    "user_request_path": lambda owner: f"/a/{owner.alias.name}",
    "value": lambda owner: f"a/{owner.alias.name}",
}
#: They say how or how much, or are content of the caller's own.
_PLAIN = """
constants listing_template member_template offering_template parameter_schema parameter_ui_schema provider_template
service_data time_created version
apply_at at auto_submit body body_template calls_only catch_up catch_up_seconds category channel channel_type
content_type continuation_token currency cycle_start data default_timeout_ms delivery description display_name
dryrun enabled end_time error_source error_type errors_only executed_at expected_body expected_match
expected_status expires_at expires_in file filename force format gateway_source headers http_method in_seconds
include_content include_deactivated include_default include_service_details is_routing limit list_price
listing_data listing_type max_keys max_uses membership_rules method mime_type min_latency_ms mode month
notify_after offering_data on on_failure on_success overlap owner parameters pause_after policy price pricing
priority provider_data quorum reason recurrence_schedule request_headers request_routing_key routing_key
routing_key_override routing_policy routing_vars schedule scope sensitive service_status service_type shared
size skip sort_order start_time state status status_max status_min steps strategy target_timeout_ms targets
tests timeout_ms timeout_seconds truncate_long_message upstream visibility weight
"""
PLAIN = frozenset(_PLAIN.split())


@dataclass(frozen=True)
class Field:
    """A field of an endpoint. place: "query" or "body"; path: where it stands in the body, lists as []."""

    method: str
    address: str
    place: str
    path: Path
    body: Json | None
    schemas: Schemas

    @property
    def name(self) -> str:
        return next(part for part in reversed(self.path) if part != "[]")


def fields() -> Iterator[Field]:
    """Yield every field of every query and body of both documents."""
    for api in (customer_api, seller_api):
        document = api.get_openapi_schema()
        for address, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield from _of_operation(Schemas(document), method.upper(), address, item[method])


def _of_operation(schemas: Schemas, method: str, address: str, operation: Json) -> Iterator[Field]:
    content = operation.get("requestBody", {}).get("content", {})
    schema = next((each["schema"] for each in content.values()), None)
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query":
            yield Field(method, address, "query", (parameter["name"],), schema, schemas)
    if schema is not None:
        for path in schemas.paths(schema):
            yield Field(method, address, "body", path, schema, schemas)


class Schemas:
    """The schemas of one document, with references followed."""

    def __init__(self, document: Json) -> None:
        self._all = document["components"]["schemas"]

    def plain(self, schema: Json) -> Json:
        """Return a schema without references, and of variants the first that is not null."""
        while True:
            if "$ref" in schema:
                schema = self._all[schema["$ref"].rpartition("/")[2]]
            elif variants := [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]:
                schema = variants[0]
            else:
                return schema

    def _variant(self, schema: Json, given: Mapping[Path, object], at: Path) -> Json:
        """Return that variant of a schema which has what is given, else the first."""
        wanted = {path for path in given if path[: len(at)] == at and path != at}
        fitting = [each for each in schema.get("anyOf", ()) if wanted & set(self.paths(each, at))]
        return self.plain(fitting[0] if fitting else schema)

    def paths(self, schema: Json, before: Path = ()) -> Iterator[Path]:
        """Yield where each field below a schema stands, whichever of its variants has it."""
        for variant in schema.get("anyOf", ())[1:]:
            first = set(self.paths(schema["anyOf"][0], before))
            yield from (path for path in self.paths(variant, before) if path not in first)
        schema = self.plain(schema)
        if "items" in schema:
            yield from self.paths(schema["items"], (*before, "[]"))
        for name, field in schema.get("properties", {}).items():
            yield (*before, name)
            if len(before) < _DEPTH:
                yield from self.paths(field, (*before, name))

    def example(self, schema: Json, given: Mapping[Path, object] = MappingProxyType({}), at: Path = ()) -> Any:
        """Return a value with what a schema requires, and with what is given."""
        schema = self._variant(schema, given, at)
        is_on_the_way = any(path[: len(at)] == at for path in given)
        if at in given:
            return [given[at]] if schema.get("type") == "array" else given[at]
        if "items" in schema:
            return (
                [self.example(schema["items"], given, (*at, "[]"))] if is_on_the_way or schema.get("minItems") else []
            )
        if "properties" in schema:
            wanted = {*schema.get("required", ()), *(path[len(at)] for path in given if path[: len(at)] == at)}
            inside = schema["properties"].items()
            return {name: self.example(field, given, (*at, name)) for name, field in inside if name in wanted}
        return WORDS.get(at[-1] if at else "", _simple(schema))


def _simple(schema: Json) -> object:
    if "default" in schema or "enum" in schema or "const" in schema:
        return schema.get("default", schema.get("const", schema.get("enum", [None])[0]))
    if schema.get("format") == "uuid":
        return str(uuid4())
    kinds: dict[str, object] = {"integer": 1, "number": 1, "boolean": True, "object": {}, "array": []}
    return kinds.get(str(schema.get("type")), "crimson")
