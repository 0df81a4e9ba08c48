"""Templates, and services made of them."""

from __future__ import annotations

import pytest
from unitysvc_sellers.exceptions import NotFoundError, ValidationError

from tests.clients.driven import Driven
from tests.clients.sellers.shop import Shop
from tests.clients.table import SELLERS


@SELLERS.covers("Templates.list", "Templates.get", "Services.render_from_template", "Services.create_from_template")
async def a_service_of_a_template(client: Driven, shop: Shop) -> None:
    (found,) = [each for each in (await client.templates.list(limit=500)).data if each.name == shop.template]
    template = await client.templates.get(found.id)
    assert (template.display_name, template.version) == ("Pictures of yours", "1")
    assert template.parameter_schema.to_dict()["required"] == ["model"]
    with pytest.raises(NotFoundError):
        await client.templates.get("00000000-0000-4000-8000-000000000000")

    name = f"{shop.seller}/{shop.name('made')}"
    rendered = await client.services.render_from_template(found.id, parameters={"model": "m-1", "service_name": name})
    assert rendered["listing_data"]["name"] == name
    address = rendered["offering_data"]["upstream_access_config"]["default"]["base_url"]
    assert address == "https://upstream.example/v1/m-1"
    with pytest.raises(ValidationError, match="model"):
        await client.services.render_from_template(found.id, parameters={})

    key = shop.name("key")
    made = {"parameters": {"model": "m-1"}, "name": name, "idempotency_key": key}
    queued = await client.services.create_from_template(found.id, **made)
    assert (queued.status, queued.task_id) == ("queued", key)
    assert (await client.services.create_from_template(found.id, **made)).task_id == key
    done = (await client.tasks.wait(key, poll_interval=0.05))[key]
    assert (done["status"], done["result"]["status"]) == ("completed", "created")
    (service,) = (await client.services.list(name=name)).data
    assert service.managed_by_template == f"{shop.template} 1"
