"""Pages of enrollments."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission, is_allowed
from billing.subscriptions import queries as billing
from billing.subscriptions import services as subscriptions
from common import htmx, ports
from common.pagination import Page, page_number
from domain import enrollment_terms as terms
from domain import plans as plan_terms
from domain import pricing
from domain.schema_forms.shapes import shape_of, shown
from marketplace.catalog import labels
from marketplace.catalog import queries as catalog
from marketplace.catalog.models import Document, DocumentCategory, Service, ServiceStatus
from marketplace.catalog.views import SNIPPET_COOKIE
from marketplace.enrollments import calling, plans, queries
from marketplace.enrollments import services as enrollments
from marketplace.enrollments.forms import EnrollForm
from marketplace.enrollments.models import Enrollment, EnrollmentStatus, PriceChange

_PAGE_SIZE = 25
#: Documents that belong to what a customer agrees to.
_PAPERS = (DocumentCategory.TERMS_OF_SERVICE, DocumentCategory.SERVICE_LEVEL_AGREEMENT)
#: Refusals that concern the whole form: the person may try again, or learns why not.
_REFUSED = (
    enrollments.PriceChanged,
    enrollments.LimitReached,
    enrollments.ServiceNotOffered,
    enrollments.CustomersOnly,
    enrollments.PlanRequired,
    subscriptions.PlanNotOffered,
    subscriptions.FeeUnaffordable,
)


@require_safe
@member_required()
def enrollment_list(request: MemberRequest) -> HttpResponse:
    """The customer's enrollments; those that have ended stand on a page of their own."""
    is_ended = request.GET.get("show") == "ended"
    found = queries.enrollments(team=request.team)
    ended = found.filter(status=EnrollmentStatus.CANCELLED)
    current = found.exclude(status=EnrollmentStatus.CANCELLED)
    counts = current.count(), ended.count()
    number = page_number(request.GET.get("page"))
    rows = (ended if is_ended else current)[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE]
    context = {
        "page": Page([(each, _price(each)) for each in rows], number, _PAGE_SIZE, counts[is_ended]),
        "is_ended": is_ended,
        "has_any": any(counts),
        "changes": [] if is_ended else _changes(request),
        "may_manage": is_allowed(request.membership.role, Permission.MANAGE_ENROLLMENTS),
        "tabs": [
            {"label": "Current", "url": "?", "current": not is_ended, "count": counts[0]},
            {"label": "Ended", "url": "?show=ended", "current": is_ended, "count": counts[1]},
        ],
    }
    return htmx.render(request, "marketplace/enrollments/enrollment_list.html", context, partial="enrollment-table")


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_ENROLLMENTS)
def enrollment_create(request: MemberRequest, service_id: UUID) -> HttpResponse:
    """The form of a service's parameters, with the price and the consents that enrolling gives."""
    service = queries.offered_service(team=request.team, service_id=service_id)
    form = EnrollForm(service, request.POST if request.method == "POST" else None)
    is_short_of_money = False
    if form.is_valid():
        try:
            enrollment = enrollments.enroll(
                team=request.team,
                service=service,
                by=request.user,
                parameters=form.parameters,
                now=timezone.now(),
                accepted_price_id=form.accepted_price_id,
                plan_id=form.plan_id,
            )
        except _REFUSED as error:
            form.add_error(error.message)
            is_short_of_money = isinstance(error, subscriptions.FeeUnaffordable)
            service.refresh_from_db()
        else:
            messages.success(request, f"You are enrolled in {service}.")
            return htmx.redirect(request, "enrollments:detail", enrollment.pk, event="enrollment-created")
    context = {"form": form, "is_short_of_money": is_short_of_money, **_terms(request, service)}
    status = 200 if form.is_edit else None
    return htmx.render(
        request, "marketplace/enrollments/enrollment_form.html", context, partial="enrollment-form", status=status
    )


@require_safe
@member_required()
def enrollment_detail(request: MemberRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment = queries.enrollment(team=request.team, enrollment_id=enrollment_id)
    addresses = calling.addresses(enrollment)
    snippets = calling.snippets(enrollment, addresses)
    wanted = request.GET.get("snippet") or request.COOKIES.get(SNIPPET_COOKIE, "")
    snippet = next((each for each in snippets if each.key == wanted), snippets[0] if snippets else None)
    now = timezone.now()
    subscription = billing.live_subscription(team=request.team, enrollment_id=enrollment.pk)
    change = queries.open_change(enrollment)
    context = {
        "enrollment": enrollment,
        "plan": plans.panel(subscription, now=now) if subscription else None,
        "has_plans": billing.offered_plans(service_id=enrollment.service_id).exists(),
        "may_go_on_without_plan": not plan_terms.offered(enrollment.service.listing.data).is_required,
        "change": change,
        "new_price": change and pricing.explain(change.new_price.price, change.new_price.currency),
        "reference": labels.reference(enrollment.service.name, enrollment.service_id),
        "price": _price(enrollment),
        "addresses": addresses,
        "snippet": snippet,
        "snippet_tabs": [
            {"label": each.label, "url": f"?snippet={each.key}", "current": each is snippet} for each in snippets
        ],
        "parameters": _shown_parameters(enrollment),
        "secrets": _secrets_stored(request, enrollment),
        "may_manage": is_allowed(request.membership.role, Permission.MANAGE_ENROLLMENTS),
    }
    return htmx.render(request, "marketplace/enrollments/enrollment_detail.html", context)


@require_POST
@member_required(Permission.MANAGE_ENROLLMENTS)
def enrollment_cancel(request: MemberRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment = queries.enrollment(team=request.team, enrollment_id=enrollment_id)
    left = enrollments.cancel(enrollment=enrollment, now=timezone.now())
    subscription = billing.live_subscription(team=request.team, enrollment_id=enrollment.pk)
    if left.is_current and subscription is not None:
        messages.success(request, f"Your enrollment ends with its plan on {subscription.ends_at:%-d %B %Y}.")
        return htmx.redirect(request, "enrollments:detail", enrollment.pk, event="plan-cancelled")
    messages.success(request, f"Your enrollment {enrollment.code} in {enrollment.service} has ended.")
    return htmx.redirect(request, "enrollments:list", event="enrollment-cancelled")


def _changes(request: MemberRequest) -> list[tuple[PriceChange, pricing.Explanation, pricing.Explanation]]:
    """Return the price changes that the customer was told of, each with the price before and after in words."""
    return [
        (
            each,
            pricing.explain(each.old_price.price, each.old_price.currency),
            pricing.explain(each.new_price.price, each.new_price.currency),
        )
        for each in queries.open_changes(team=request.team)[:_PAGE_SIZE]
    ]


def _price(enrollment: Enrollment) -> pricing.Explanation:
    return pricing.explain(enrollment.price.price, enrollment.price.currency)


def _terms(request: MemberRequest, service: Service) -> dict[str, object]:
    """Return what the page says before somebody agrees: price, secrets and where they go, limits, what they have."""
    price = service.list_price
    is_flat = plan_terms.is_flat(price.price if price else None)
    context = {"service_name": service.name, "routing_vars": service.routing_vars}
    stored = ports.secret_names(request.team.pk)
    return {
        "service": service,
        "heading": f"Enroll in “{service}”",
        "reference": labels.reference(service.name, service.pk),
        "price": price and not is_flat and pricing.explain(price.price, price.currency),
        "notice_days": settings.PRICE_NOTICE_DAYS,
        "plans": plans.lines(billing.offered_plans(service_id=service.pk)),
        "is_plan_required": plan_terms.offered(service.listing.data).is_required,
        "price_id": price and price.pk,
        "is_offered": service.status == ServiceStatus.ACTIVE and price is not None and not request.team.is_seller,
        "destinations": [(each, each.secret in stored) for each in terms.destinations(service.offering.data, context)],
        "limits": terms.limits(service.listing.data),
        "papers": [each for each in catalog.documents(service) if _is_paper(each)],
        "existing": list(queries.active_enrollments(team=request.team, service=service)[:5]),
    }


def _is_paper(document: Document) -> bool:
    """Return whether a document is part of the terms that a customer may read."""
    is_shown = document.is_active and document.is_public and document.category in _PAPERS
    return is_shown and (document.blob_id is not None or document.external_url.startswith("https://"))


def _shown_parameters(enrollment: Enrollment) -> list[tuple[str, str]]:
    """Return (title, value) of the parameters as the form has them, in its order; then those that it does not name."""
    form = enrollments.parameter_form(enrollment.service)
    titles = {each.key: each.title for each in shape_of(form.schema, form.ui_schema).properties()}
    names = [name for name in titles if name in enrollment.parameters]
    names += [name for name in enrollment.parameters if name not in titles]
    return [(titles.get(name, name), shown(enrollment.parameters[name])) for name in names]


def _secrets_stored(request: MemberRequest, enrollment: Enrollment) -> list[tuple[str, str, bool]]:
    """Return (secret, host, whether it is stored) for each consent."""
    stored = ports.secret_names(request.team.pk) if enrollment.secret_hosts else frozenset()
    return [(each["secret"], each["host"], each["secret"] in stored) for each in enrollment.secret_hosts]
