"""What can go wrong with a template, in sentences that name what to do next."""

from __future__ import annotations

from collections.abc import Mapping

from common.errors import DomainError
from domain.schema_forms.problems import Path


class ParametersRefused(DomainError):
    """The parameters do not fit the template, or what it renders is no service.

    problems: all of them, in sentences. by_path: the same by the path of the parameter; () for those of none.
    """

    code = "template_refused"
    sentence = "The template {template} cannot be filled in with these parameters. Mend them and try again."

    def __init__(self, *, template: str, problems: list[str], by_path: Mapping[Path, list[str]] | None = None) -> None:
        self.problems = problems
        self.by_path: Mapping[Path, list[str]] = by_path or {(): problems}
        super().__init__(template=template, problems=problems)


class OtherTemplate(DomainError):
    """The service was made of something else."""

    code = "other_template"
    sentence = "'{service}' was not made of the template {template}. Leave out service_id to make a new service of it."


class TemplateNameTaken(DomainError):
    """A template of that name and version belongs to somebody else."""

    code = "name_taken"
    sentence = "There is a template {name} {version} already, of another owner. Name the platform service differently."


class SellerNotTrusted(DomainError):
    """Platform services are for sellers whom the operators have verified."""

    code = "seller_not_trusted"
    sentence = "Only verified sellers publish platform services. Ask the operators to verify your account."
