"""A seller's folder brought into the catalogue: service by service, then groups, then promotions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from django.db import transaction

from accounts.teams import services as teams
from accounts.teams.models import Team, TeamKind
from accounts.users.models import User
from billing.promotions import services as promotions
from common.errors import DomainError, Invalid
from marketplace.catalog.files.groups import check_hierarchy, validate_group
from marketplace.catalog.files.promotions import validate_promotion
from marketplace.catalog.files.reading import Catalog, CatalogFile, ServiceBundle
from marketplace.catalog.files.sellers import validate_seller
from marketplace.catalog.models import Service, ServiceStatus
from marketplace.catalog.services import groups, ingesting, lifecycle, submission
from marketplace.catalog.services.blobs import Inline
from marketplace.catalog.services.checking import ServiceFiles

FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file or service. outcome: created, updated, unchanged, revision_created or failed."""

    kind: str
    name: str
    outcome: str
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    status: str = ""

    @property
    def is_failed(self) -> bool:
        return bool(self.problems)


@dataclass(frozen=True, slots=True)
class Options:
    """How to import. submit, approve: what happens to each service afterwards; dry_run: nothing is written."""

    submit: bool = False
    approve: bool = False
    dry_run: bool = False


def run(*, catalog: Catalog, seller: Team, options: Options, by: User | None, now: datetime) -> Iterator[Imported]:
    """Import what was read, one step at a time, and say what became of each. One failure does not stop the others."""
    for problem in catalog.problems:
        yield Imported("file", problem.part, FAILED, (problem.text,))
    seen: dict[str, Path] = {}
    for bundle in catalog.bundles:
        yield _service(bundle, seller, options, by, now, seen)
    yield from _groups(catalog.groups, seller)
    named: dict[str, Path] = {}
    for file in catalog.promotions:
        yield _attempt("promotion", _label(file), partial(_promotion, file, seller, by, now, named))


def count(catalog: Catalog) -> int:
    """Return how many steps `run` takes."""
    return len(catalog.problems) + len(catalog.bundles) + len(catalog.groups) + len(catalog.promotions)


class NotASeller(DomainError):
    """A customer's team has the name."""

    code = "not_a_seller"
    sentence = "'{name}' is a customer's team. Name a selling team, or a name that is free."


@transaction.atomic
def seller(*, catalog: Catalog, name: str) -> Team:
    """Return the selling team of that name, made when missing, with the profile that the catalogue gives.

    Raises: NotASeller, Invalid for a profile that breaks rules, TeamNameInvalid.
    """
    team = Team.objects.filter(name__iexact=name).first()
    if team is None:
        team = teams.create(kind=TeamKind.SELLER, name=name)
    if not team.is_seller:
        raise NotASeller(name=name)
    if catalog.seller is not None:
        checked = validate_seller(catalog.seller.content)
        if checked.problems:
            raise Invalid([f"{catalog.seller.file}: {problem.text}" for problem in checked.problems])
        teams.set_profile(team=team, profile=checked.content)
    return team


# -- services ----------------------------------------------------------------------------------------------------------


class NameTwice(DomainError):
    """Two files of one catalogue have the same name: the second would replace the first."""

    code = "name_twice"
    sentence = "{field}: '{name}' is already the name in {file}. Give each {kind} a name of its own."


def _service(
    bundle: ServiceBundle, seller: Team, options: Options, by: User | None, now: datetime, seen: dict[str, Path]
) -> Imported:
    label = str(bundle.listing.get("name") or bundle.offering.get("name") or bundle.folder)
    if bundle.problems:
        return Imported("service", label, FAILED, tuple(problem.text for problem in bundle.problems))
    return _attempt("service", label, partial(_ingested, bundle, seller, options, by, now, seen))


def _ingested(
    bundle: ServiceBundle, seller: Team, options: Options, by: User | None, now: datetime, seen: dict[str, Path]
) -> Imported:
    contents = {key: Inline(file.content, file.filename) for key, file in bundle.blobs.items()}
    files = ServiceFiles(bundle.provider, bundle.offering, bundle.listing, contents)
    if options.dry_run:
        planned = ingesting.plan(seller=seller, files=files, missing_secrets_allowed=True)
        _refuse_twice("listing", planned.content.name, bundle.files["listing_data"], seen)
        return Imported("service", planned.content.name, planned.outcome, warnings=planned.content.warnings)
    done = ingesting.ingest(seller=seller, files=files, by=by, now=now, missing_secrets_allowed=True)
    _refuse_twice("listing", done.service.name, bundle.files["listing_data"], seen)
    service, problems = _forward(done.service, options, by, now)
    return Imported("service", service.name, done.outcome, problems, done.warnings, service.status)


def _refuse_twice(kind: str, name: str, file: Path, seen: dict[str, Path]) -> None:
    if (earlier := seen.setdefault(name, file)) != file:
        raise NameTwice(field="listing_data.name" if kind == "listing" else "name", name=name, file=earlier, kind=kind)


def _forward(service: Service, options: Options, by: User | None, now: datetime) -> tuple[Service, tuple[str, ...]]:
    """Submit and approve what was imported, as far as asked for; what an operator stopped stays stopped."""
    waiting = (ServiceStatus.DRAFT, ServiceStatus.PENDING, ServiceStatus.REVIEW, ServiceStatus.REJECTED)
    if service.status not in waiting or not (options.submit or options.approve):
        return service, ()
    # who approves at once vouches for what is imported; there may be no gateway yet that could test it
    submitted = submission.submit(service=service, by=by, now=now, with_tests=not options.approve)
    if submitted.problems:
        return submitted.service, tuple(f"not submitted: {problem}" for problem in submitted.problems)
    if not options.approve:
        return submitted.service, ()
    try:
        return lifecycle.approve(service=submitted.service, by=by, now=now, is_vouched=True), ()
    except DomainError as error:
        return submitted.service, (f"not approved: {error.message}",)


# -- groups and promotions ---------------------------------------------------------------------------------------------


def _groups(files: tuple[CatalogFile, ...], seller: Team) -> Iterator[Imported]:
    """Import groups, parents before their children."""
    valid: dict[str, groups.GroupContent] = {}
    contents = []
    seen: dict[str, Path] = {}
    for file in files:
        checked = validate_group(file.content)
        if checked.problems:
            yield Imported("group", _label(file), FAILED, tuple(problem.text for problem in checked.problems))
            continue
        try:
            _refuse_twice("group", checked.content["name"], file.file, seen)
        except NameTwice as error:
            yield Imported("group", _label(file), FAILED, (error.message,))
            continue
        contents.append(checked.content)
        valid[checked.content["name"]] = groups.GroupContent.of(checked.content)
    order, found = check_hierarchy(contents, groups.names(owner=seller))
    for problem in found.problems:
        yield Imported("group", str(problem.path[0]), FAILED, (problem.text,))
    for name in order:
        yield _attempt("group", name, partial(_group, valid[name], seller))


def _group(content: groups.GroupContent, seller: Team) -> Imported:
    _, outcome = groups.store(owner=seller, content=content)
    return Imported("group", content.name, outcome)


def _promotion(file: CatalogFile, seller: Team, by: User | None, now: datetime, named: dict[str, Path]) -> Imported:
    checked = validate_promotion(file.content)
    if checked.problems:
        raise Invalid([problem.text for problem in checked.problems])
    _refuse_twice("promotion", checked.content["name"], file.file, named)
    _, outcome = promotions.store(owner=seller, content=checked.content, by=by, now=now)
    return Imported("promotion", checked.content["name"], outcome, warnings=tuple(w.text for w in checked.warnings))


def _label(file: CatalogFile) -> str:
    return str(file.content.get("name") or file.file)


def _attempt(kind: str, name: str, step: Callable[[], Imported]) -> Imported:
    """Take one step in a transaction of its own; turn what a person can mend into problems."""
    try:
        with transaction.atomic():
            return step()
    except Invalid as error:
        return Imported(kind, name, FAILED, tuple(error.problems))
    except DomainError as error:
        return Imported(kind, name, FAILED, (error.message,))
