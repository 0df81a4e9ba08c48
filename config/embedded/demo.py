"""`python -m config.embedded.demo`: accounts, money, a key and the demo catalogue. Repeating it changes nothing.

Passwords and keys are random, made once and kept in `demo.env` of the data folder, under the names that the published
clients read.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
django.setup()

from allauth.account.models import EmailAddress  # noqa: E402  after Django's set-up
from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.teams import services as teams  # noqa: E402
from accounts.teams.models import Role, Team, TeamKind  # noqa: E402
from accounts.users.models import User  # noqa: E402
from billing.wallets import services as wallets  # noqa: E402
from config.embedded import env_files  # noqa: E402
from domain import sealing  # noqa: E402
from domain.money import Money  # noqa: E402
from examples.upstream.accounts import KEYS  # noqa: E402
from gateway_admin.api_keys import queries as key_queries  # noqa: E402
from gateway_admin.api_keys import services as api_keys  # noqa: E402
from gateway_admin.secrets import queries as secret_queries  # noqa: E402
from gateway_admin.secrets import services as stored_secrets  # noqa: E402
from marketplace.catalog import queries as catalog  # noqa: E402
from marketplace.catalog.files.reading import Catalog, read_catalog  # noqa: E402
from marketplace.catalog.models import Service, ServiceStatus  # noqa: E402
from marketplace.catalog.services import importing  # noqa: E402
from marketplace.enrollments import queries as enrollment_queries  # noqa: E402
from marketplace.enrollments import services as enrollments  # noqa: E402

CATALOG = settings.BASE_DIR / "examples" / "catalog"
UPSTREAM_IN_FILES = "http://127.0.0.1:9100/"
_UPSTREAM = re.compile(r"http://127\.0\.0\.1:(\d+)/")
CREDIT = Money(Decimal(25), "USD")
_HEADING = "The demo accounts of this data folder. The names are those that the published clients read."
_OWN_KEY = "BYO_DEMO_KEY"
_SELLER_SECRETS = {
    "NORTHWIND_API_KEY": KEYS["northwind"],
    "TIDEWATER_API_KEY": KEYS["tidewater"],
    _OWN_KEY: KEYS["bring-your-own"],
}


class DemoFailed(Exception):
    """A file of the demo catalogue was not taken."""


def load(*, data: Path, upstream_port: int, now: datetime) -> dict[str, str]:
    """Make what is missing, write `demo.env` and return its content. Raises: DemoFailed."""
    kept = env_files.read(data / "demo.env")
    with transaction.atomic():
        operator = _user("operator", kept, is_staff=True, is_superuser=True)
        seller, customer = _user("seller", kept), _user("customer", kept)
        selling = _team(TeamKind.SELLER, "demo-seller", "Demo seller", seller)
        buying = _team(TeamKind.CUSTOMER, "demo-customer", "Demo customer", customer)
        _store_secrets(selling, _SELLER_SECRETS, seller, now)
        _store_secrets(buying, {_OWN_KEY: KEYS["bring-your-own"]}, customer, now)
        stored_secrets.grant(team=buying, name=_OWN_KEY, host="127.0.0.1", by=customer)
        wallet = wallets.open(team=buying)
        wallets.credit(
            wallet=wallet,
            amount=CREDIT,
            kind="grant",
            key=f"demo:{buying.pk}",
            note="Demo credit",
            by=operator,
            now=now,
        )
        _keep_key("UNITYSVC_API_KEY", kept, buying, customer, now)
        _keep_key("UNITYSVC_SELLER_API_KEY", kept, selling, seller, now)
    _import_catalog(selling, upstream_port, operator, now)
    _enroll(buying, selling, customer, now)
    kept |= _addresses()
    env_files.write(data / "demo.env", kept, heading=_HEADING)
    return kept


def _addresses() -> dict[str, str]:
    site = settings.SITE_URL
    return {
        "UNITYSVC_API_URL": f"{site}/v1",
        "UNITYSVC_API_BASE_URL": site,
        "UNITYSVC_SELLER_API_URL": f"{site}/v1/seller",
    }


def _user(who: str, kept: dict[str, str], **flags: bool) -> User:
    """Return the user with the kept password, made or set anew when it does not fit."""
    email = kept.setdefault(f"{who.upper()}_EMAIL", f"{who}@example.com")
    password = kept.setdefault(f"{who.upper()}_PASSWORD", secrets.token_urlsafe(12))
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, password, full_name=f"Demo {who}", **flags)
    elif not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user


def _team(kind: TeamKind, name: str, display_name: str, owner: User) -> Team:
    team = Team.objects.filter(name=name).first()
    if team is None:
        return teams.create(kind=kind, name=name, owner=owner, display_name=display_name, contact_email=owner.email)
    teams.add_member(team=team, user=owner, role=Role.OWNER)
    return team


def _store_secrets(team: Team, values: dict[str, str], by: User, now: datetime) -> None:
    """Store what is missing, and what was sealed to a key that is gone."""
    current = sealing.key_id(settings.SECRETS_PUBLIC_KEY)
    readable = set(secret_queries.secrets(team=team).filter(key_id=current).values_list("name", flat=True))
    for name, value in values.items():
        if name not in readable:
            stored_secrets.put(team=team, name=name, value=value, by=by, now=now)


def _keep_key(variable: str, kept: dict[str, str], team: Team, by: User, now: datetime) -> None:
    """Keep the API key that still works, else issue one."""
    known = key_queries.authenticate(kept.get(variable, ""), now)
    if known is None or known.team_id != team.pk:
        _, kept[variable] = api_keys.issue(team=team, role=Role.OWNER, name="Demo key", by=by, now=now)


def _import_catalog(seller: Team, upstream_port: int, by: User, now: datetime) -> None:
    """Bring the catalogue in, unless it is there: what was made of it since then stays."""
    options = importing.Options(approve=True)
    with _catalog_for(upstream_port) as folder:
        files = read_catalog(folder)
        if _is_there(files, seller, upstream_port):
            return
        for step in importing.run(catalog=files, seller=seller, options=options, by=by, now=now):
            if step.is_failed:
                raise DemoFailed(f"{step.kind} {step.name}: {' '.join(step.problems)}")
            if step.outcome != "unchanged":
                print(f"{step.kind} {step.name}: {step.outcome.replace('_', ' ')}")


def _is_there(files: Catalog, seller: Team, upstream_port: int) -> bool:
    """Return whether the seller has made all the services, and sells none that calls the upstream at another port."""
    made = catalog.seller_services(team=seller).filter(revision_of=None).select_related("offering")
    sold = [json.dumps(each.offering.data) for each in made if each.status != ServiceStatus.DEPRECATED]
    ports = {port for text in sold for port in _UPSTREAM.findall(text)}
    wanted = {bundle.listing["name"] for bundle in files.bundles}
    return wanted <= {each.name for each in made} and ports <= {str(upstream_port)}


@contextmanager
def _catalog_for(upstream_port: int) -> Iterator[Path]:
    """Give the folder of the catalogue, with the upstream's port changed in a copy when another one is used."""
    address = f"http://127.0.0.1:{upstream_port}/"
    if address == UPSTREAM_IN_FILES:
        yield CATALOG
        return
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(shutil.copytree(CATALOG, Path(temporary) / "catalog"))
        for file in [*copy.rglob("offering.json"), *copy.rglob("offering.toml")]:
            file.write_text(file.read_text().replace(UPSTREAM_IN_FILES, address))
        yield copy


def _enroll(customer: Team, seller: Team, by: User, now: datetime) -> None:
    """Enroll the customer once in every service that asks for it, with the values of its tests."""
    offered = catalog.seller_services(team=seller).filter(status=ServiceStatus.ACTIVE, requires_enrollment=True)
    for service in offered:
        if not enrollment_queries.active_enrollments(team=customer, service=service).exists():
            enrollments.enroll(team=customer, service=service, by=by, parameters=_test_values(service), now=now)


def _test_values(service: Service) -> dict[str, object]:
    options = service.listing.data.get("service_options") or {}
    return dict(options.get("ops_testing_parameters") or {})


def main() -> None:
    """Load the demo into the database of the settings."""
    parser = argparse.ArgumentParser(description="Load the demo accounts and catalogue.")
    parser.add_argument("--upstream-port", type=int, default=9100)
    load(data=settings.DATA_DIR, upstream_port=parser.parse_args().upstream_port, now=timezone.now())


if __name__ == "__main__":
    main()
