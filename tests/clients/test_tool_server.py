"""The published MCP server with its own, older client, against the running marketplace: each of its tools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients import environments
from tests.clients.stdio import ToolServer
from tests.clients.world import CHAT, FORECAST, World

pytestmark = pytest.mark.journey


@pytest.fixture
def server(world: World, tmp_path: Path) -> Iterator[ToolServer]:
    program = environments.python("mcp").parent / "unitysvc-mcp-server"
    environment = {
        **{name: world.marketplace.demo[name] for name in ("UNITYSVC_API_KEY", "UNITYSVC_API_URL")},
        "UNITYSVC_SELLER_API_URL": f"{world.marketplace.url}/v1/seller",
        "UNITYSVC_SELLER_API_KEY": world.marketplace.demo["UNITYSVC_SELLER_API_KEY"],
        "UNITYSVC_SITE_URL": world.marketplace.url,
        "HOME": str(tmp_path),
    }
    with ToolServer(program, environment, tmp_path) as started:
        yield started


def test_every_tool_of_it_answers(server: ToolServer, world: World):
    chat, forecast = str(world.service(CHAT)), str(world.service(FORECAST))
    root = world.marketplace.url
    asked = {
        "docs_list_topics": ({}, "The gateway"),
        "docs_get_topic": ({"slug": "gateway"}, "# The gateway"),
        "market_list_services": ({}, CHAT),
        "market_service_access": ({"service_id": chat}, "USD per 1 million input tokens"),
        "market_service_example": ({"service_id": chat}, "from openai import OpenAI"),
        "customer_service_access": ({"service_id": forecast}, "/e/"),
        "customer_service_example": ({"service_id": chat}, "from openai import OpenAI"),
        "customer_endpoints": ({"service_id": chat}, root),
        "customer_sdk": ({"service_id": chat}, f'client.services.dispatch("{chat}"'),
        "customer_cli": ({"service_id": chat}, f"usvc services dispatch {chat}"),
        "seller_list_services": ({}, CHAT),
        "seller_endpoints": ({"service_id": chat}, chat),
        "seller_sdk": ({"service_id": chat}, chat),
        "seller_cli": ({"service_id": chat}, chat),
    }
    assert set(server.tools()) == set(asked)
    told = {tool: str(server.call(tool, **arguments)) for tool, (arguments, _) in asked.items()}
    assert {tool: words for tool, (_, words) in asked.items() if words not in told[tool]} == {}
