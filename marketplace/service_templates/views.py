"""Services out of templates: choose one, fill it in, see what became of it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.teams.access import MemberRequest, seller_required
from accounts.teams.permissions import Permission, is_allowed
from common import htmx
from common.errors import DomainError
from marketplace.catalog import queries as catalog
from marketplace.service_templates import queries, services
from marketplace.service_templates.forms import FillForm
from marketplace.service_templates.models import ServiceTemplate, TemplateInstance

_INSTANCES_SHOWN = 50


@require_safe
@seller_required()
def template_list(request: MemberRequest) -> HttpResponse:
    """The templates that there are, and what the seller has made of them."""
    context = {
        "templates": list(queries.offered()),
        "instances": list(queries.instances(team=request.team)[:_INSTANCES_SHOWN]),
        "may_manage": is_allowed(request.membership.role, Permission.MANAGE_SERVICES),
    }
    return htmx.render(request, "marketplace/service_templates/template_list.html", context)


@require_http_methods(["GET", "POST"])
@seller_required(Permission.MANAGE_SERVICES)
def template_use(request: MemberRequest, template_id: UUID) -> HttpResponse:
    """A new service of a template."""
    template = queries.template(template_id)
    return _filled(request, template, FillForm(template, request.POST or None))


@require_http_methods(["GET", "POST"])
@seller_required(Permission.MANAGE_SERVICES)
def instance_edit(request: MemberRequest, instance_id: UUID) -> HttpResponse:
    """The same service with other parameters, of the newest version of its template."""
    instance = queries.instance(team=request.team, instance_id=instance_id)
    template = queries.newest(instance.template)
    return _filled(request, template, FillForm(template, request.POST or None, instance))


@require_safe
@seller_required()
def instance_detail(request: MemberRequest, instance_id: UUID) -> HttpResponse:
    """What became of it: the page asks again while a worker is at it."""
    instance = queries.instance(team=request.team, instance_id=instance_id)
    task = catalog.upload_entries(team=request.team, keys=[instance.task_key]).get(instance.task_key)
    context = {
        "instance": instance,
        "is_waiting": task is not None and task.status == "queued",
        "problems": task.error.splitlines() if task is not None else [],
        "parameters": sorted(instance.parameters.items()),
        "may_manage": is_allowed(request.membership.role, Permission.MANAGE_SERVICES),
    }
    return htmx.render(request, "marketplace/service_templates/instance_detail.html", context, partial="instance")


def _filled(request: MemberRequest, template: ServiceTemplate, form: FillForm) -> HttpResponse:
    if form.is_valid():
        try:
            instance = _made(request, template, form)
        except services.ParametersRefused as error:
            for problem in error.problems:
                form.add_error(problem)
        except DomainError as error:
            form.add_error(error.message)
        else:
            return htmx.redirect(request, "service_templates:made", instance.pk, event="service-rendered")
    context = {"template": template, "form": form}
    return htmx.render(request, "marketplace/service_templates/template_use.html", context, partial="template-form")


def _made(request: MemberRequest, template: ServiceTemplate, form: FillForm) -> TemplateInstance:
    return services.instantiate(
        seller=request.team,
        template=template,
        parameters=form.parameters,
        name=form.name,
        service_id=form.instance.service_id if form.instance else None,
        auto_submit=False,
        by=request.user,
        now=timezone.now(),
    )
