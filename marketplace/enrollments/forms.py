"""The form that enrolls in a service: its parameters out of the seller's JSON Schema, and the price that was shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import QueryDict

from marketplace.catalog.models import Service
from marketplace.catalog.schema_form import SchemaForm
from marketplace.enrollments import services


class EnrollForm(SchemaForm):
    """The parameters of a service, the price that the page showed and the plan that was chosen."""

    def __init__(self, service: Service, data: QueryDict | None = None) -> None:
        self.service = service
        form = services.parameter_form(service)
        self.has_parameters = not form.is_empty
        super().__init__(form.schema, form.ui_schema, data)

    def check(self, given: dict[str, Any]) -> Mapping[tuple[str | int, ...], list[str]]:
        try:
            self.parameters = services.check_parameters(service=self.service, parameters=given)
        except services.ParametersInvalid as error:
            return error.by_path
        return {}

    @property
    def accepted_price_id(self) -> UUID | None:
        """Return the price version that the page showed."""
        try:
            return UUID(str(self._data.get("price"))) if self._data is not None else None
        except ValueError:
            return None

    @property
    def chosen_plan(self) -> str:
        """Return what was chosen: the id of a plan, "none" to pay for each call, or "" for nothing yet."""
        return str(self._data.get("plan", "")) if self._data is not None else ""

    @property
    def plan_id(self) -> UUID | None:
        """Return the plan to subscribe to."""
        try:
            return UUID(self.chosen_plan)
        except ValueError:
            return None
