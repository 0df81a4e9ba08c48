"""What operators and sellers enter about templates."""

from __future__ import annotations

from typing import Any

from django import forms

from marketplace.catalog.files.parameters import check_schema
from marketplace.catalog.files.problems import Findings
from marketplace.service_templates.models import ServiceTemplate


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
