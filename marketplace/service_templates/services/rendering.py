"""What a template renders to: three files, or every reason why not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.schema_forms import problems
from marketplace.catalog.customer import rendering
from marketplace.catalog.files.parameters import parameter_errors, validate_parameters, with_defaults
from marketplace.catalog.models import Service
from marketplace.service_templates.models import ServiceTemplate
from marketplace.service_templates.services.errors import ParametersRefused

Json = dict[str, Any]
PARTS = ("provider", "offering", "listing")


@dataclass(frozen=True, slots=True)
class Rendering:
    """The files of a service as a seller would have written them."""

    provider: Json
    offering: Json
    listing: Json

    def as_data(self) -> Json:
        """Return them as the body of an upload names them."""
        return {"provider_data": self.provider, "offering_data": self.offering, "listing_data": self.listing}


def check_parameters(*, template: ServiceTemplate, parameters: Mapping[str, Any]) -> Json:
    """Return the parameters with their defaults. Raises: ParametersRefused with every problem."""
    found = dict(problems.unstorable(dict(parameters)))
    schema = template.parameter_schema
    filled = with_defaults(schema, parameters)
    if not found and (told := validate_parameters(schema, filled)):
        found = problems.explain(parameter_errors(schema, filled)) or {(): [sentence for _, sentence in told]}
    if found:
        places = {".".join(("parameters", *map(str, path))): each for path, each in found.items()}
        sentences = [f"{place}: {sentence}" for place, each in places.items() for sentence in each]
        raise ParametersRefused(template=str(template), problems=sentences, by_path=found)
    return filled


def render(*, template: ServiceTemplate, parameters: Mapping[str, Any], name: str = "") -> Rendering:
    """Return the three files that a template renders to. name: of the service, for bodies that ask for it.

    Values are written as JSON wherever they stand, so that none of them adds fields. Raises: ParametersRefused.
    """
    context = _context(template, check_parameters(template=template, parameters=parameters), name)
    found: dict[str, Json] = {}
    refused: list[str] = []
    for part in PARTS:
        data, problem = _rendered(getattr(template, f"{part}_template"), context)
        found[part] = data
        if problem:
            refused.append(f"{part}: {problem}")
    if refused:
        raise ParametersRefused(template=str(template), problems=refused)
    return Rendering(**found)


def _context(template: ServiceTemplate, parameters: Json, name: str) -> Json:
    service_name = str(parameters.get("service_name") or name)
    own = {"name": service_name, "service_name": service_name, "provider_name": service_name.partition("/")[0]}
    named = own if service_name else {}
    declared = {"platform_service": _declared(template.platform_service)} if template.platform_service else {}
    return {
        **template.constants,
        **named,
        **parameters,
        "params": parameters,
        "constants": template.constants,
        **declared,
    }


def _declared(service: Service) -> Json:
    """Return what a platform service says of itself, for the templates of its members."""
    price = service.list_price.price if service.list_price else None
    listing = {**service.listing.data, "list_price": price}
    files = {"listing": listing, "offering": service.offering.data, "provider": service.provider.data}
    return {**listing, **files, "name": service.name, "display_name": str(service)}


def _rendered(body: str, context: Json) -> tuple[Json, str]:
    """Return an object and nothing, or nothing and what is wrong."""
    rendered = rendering.render(body, context, writes_json=True)
    if rendered.text is None:
        return {}, rendered.error or "The template cannot be rendered."
    try:
        data = json.loads(rendered.text)
    except ValueError as error:
        return {}, f"the template does not render to JSON ({error}). Ask the operators to mend it."
    return (data, "") if isinstance(data, dict) else ({}, "the template does not render to an object.")
