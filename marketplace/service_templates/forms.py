"""What operators and sellers enter about templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from marketplace.catalog.files.parameters import check_schema
from marketplace.catalog.files.problems import Findings
from marketplace.catalog.schema_form import SchemaForm
from marketplace.service_templates import services
from marketplace.service_templates.models import ServiceTemplate, TemplateInstance

#: The names of services have two parts; which characters they may have is said by the rules of files.
NAME = re.compile(r"[^\s/]{1,100}/\S{1,154}\Z")


class FillForm(SchemaForm):
    """The parameters of a template, and the name of the service that is made of it."""

    def __init__(
        self, template: ServiceTemplate, data: QueryDict | None = None, instance: TemplateInstance | None = None
    ) -> None:
        self.template, self.instance = template, instance
        self.name = (data.get("service_name", "") if data is not None else instance.name if instance else "").strip()
        super().__init__(
            template.parameter_schema, template.parameter_ui_schema, data, instance.parameters if instance else None
        )
        if data is not None and not self.is_edit and not NAME.match(self.name):
            self.errors["service_name"] = ["Write it as provider/service, in small letters: acme/chat."]

    def check(self, given: dict[str, Any]) -> Mapping[tuple[str | int, ...], list[str]]:
        try:
            services.check_parameters(template=self.template, parameters=given)
        except services.ParametersRefused as error:
            return error.by_path
        self.parameters = given
        return {}


class TemplateForm(forms.ModelForm):
    """A template as operators write it. Its schema is checked as the schemas of sellers are."""

    class Meta:
        model = ServiceTemplate
        fields = (
            "name",
            "version",
            "display_name",
            "description",
            "service_type",
            "status",
            "parameter_schema",
            "parameter_ui_schema",
            "constants",
            "provider_template",
            "offering_template",
            "listing_template",
        )

    def clean_parameter_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = self.cleaned_data["parameter_schema"] or {"type": "object", "properties": {}}
        found = Findings()
        check_schema(schema, found)
        for problem in found.problems:
            if problem.severity == "error":
                self.add_error("parameter_schema", problem.text)
        return schema
