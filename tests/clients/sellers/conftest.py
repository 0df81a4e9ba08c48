"""One seller for all tests of a worker, and a template that an operator wrote."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.forking import Forking
from tests.clients.sellers import goods
from tests.clients.sellers.shop import Shop
from tests.factories import templates
from tests.journeys.marketplace import Marketplace
from tests.journeys.visitors import Operator


@pytest.fixture(scope="package")
def opened(marketplace: Marketplace) -> Shop:
    """A seller whom the operators trust."""
    name = f"harbour{secrets.token_hex(3)}"
    made = marketplace.manage("create_account", "seller", name)
    assert made.returncode == 0, made.stderr
    with Operator(marketplace) as operator:
        template = _template(operator, name)
        _trust(operator, marketplace, name)
    shop = Shop(marketplace, Path(), name=name, key=made.stdout.strip(), template=template)
    with shop.client() as client:
        client.secrets.set(goods.SECRET, goods.UPSTREAM_KEY)
    return shop


@pytest.fixture
def shop(opened: Shop, tmp_path: Path) -> Shop:
    """The seller, in a folder of the test's own."""
    return Shop(opened.marketplace, tmp_path, name=opened.seller, key=opened.key, template=opened.template)


@pytest.fixture(scope="package")
def usvc_seller(opened: Shop) -> Iterator[Forking]:
    """The sellers' command line, loaded once."""
    with Forking("unitysvc_sellers.cli:app", opened.surroundings) as program:
        yield program


def _template(operator: Operator, seller: str) -> str:
    """Write a template in the admin, and return its id."""
    name = f"pictures-{seller}"
    page = operator.submit(
        "/admin/service_templates/servicetemplate/add/",
        'name="offering_template"',
        name=name,
        version="1",
        display_name="Pictures of yours",
        description="Any server that speaks the format of OpenAI.",
        service_type="llm",
        status="active",
        parameter_schema=json.dumps(templates.SCHEMA),
        constants=json.dumps({"upstream": "https://upstream.example/v1"}),
        provider_template=templates.PROVIDER,
        offering_template=templates.OFFERING,
        listing_template=templates.LISTING,
    )
    assert page.url.path == "/admin/service_templates/servicetemplate/", page.text[-3000:]
    return name


def _trust(operator: Operator, marketplace: Marketplace, name: str) -> None:
    (team,) = marketplace.rows("SELECT id FROM teams_team WHERE name = %s", name)[0]
    operator.submit(f"/admin/teams/team/{team}/change/", 'name="is_verified"', is_verified="on")
