"""Customers: whom cards belong to."""

from __future__ import annotations

from typing import Any

from tests.fakes.stripe.errors import invalid
from tests.fakes.stripe.lists import DATED, PAGING, page
from tests.fakes.stripe.params import Params
from tests.fakes.stripe.resources import payment_methods
from tests.fakes.stripe.routing import Request, endpoint
from tests.fakes.stripe.tables import Object, new_id
from tests.fakes.stripe.world import World

_FIELDS = ("name", "email", "phone", "description", "metadata", "invoice_settings")
_TEXTS = ("name", "email", "phone", "description")


@endpoint("POST", "/v1/customers")
def create(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(*_FIELDS, "payment_method")
    customer: Object = {
        "id": new_id("cus", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": world.now(),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": params.text("description"),
        "discount": None,
        "email": params.text("email"),
        "invoice_prefix": new_id("x", 8).upper().removeprefix("X_"),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": params.metadata(),
        "name": params.text("name"),
        "next_invoice_sequence": 1,
        "phone": params.text("phone"),
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    world.tables.add(customer)
    if method := params.text("payment_method"):
        payment_methods.attach_to(world, method, customer["id"])
    _set_default(world, customer, params)
    world.announce("customer.created", customer)
    return customer


@endpoint("POST", "/v1/customers/{id}")
def update(world: World, request: Request, id: str) -> dict[str, Any]:
    params = request.params.only(*_FIELDS)
    customer = world.tables.get("customer", id)
    before = {name: customer[name] for name in _FIELDS if name in params}
    _set_default(world, customer, params)
    customer.update({name: params.text(name) for name in _TEXTS if name in params})
    customer["metadata"] = params.metadata(customer["metadata"])
    world.announce("customer.updated", customer, before=before)
    return customer


def _set_default(world: World, customer: Object, params: Params) -> None:
    settings = params.table("invoice_settings").only("default_payment_method")
    if "default_payment_method" not in settings:
        return
    chosen = settings.text("default_payment_method")
    if chosen is not None:
        param = "invoice_settings[default_payment_method]"
        method = world.tables.get("payment_method", chosen, param=param)
        if method["customer"] != customer["id"]:
            raise invalid(
                f"No such PaymentMethod: '{chosen}'; the customer does not have a payment method with that ID. It must "
                "be attached to the customer first.",
                param=param,
                code="resource_missing",
            )
    customer["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": chosen}


@endpoint("GET", "/v1/customers/{id}")
def retrieve(world: World, request: Request, id: str) -> dict[str, Any]:
    return world.tables.get("customer", id)


@endpoint("GET", "/v1/customers")
def list_(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(*DATED, "email")
    email = params.text("email")
    rows = world.tables.newest_first("customer", lambda row: email is None or row["email"] == email)
    return page(params, rows, "/v1/customers")


@endpoint("GET", "/v1/customers/{id}/payment_methods")
def list_payment_methods(world: World, request: Request, id: str) -> dict[str, Any]:
    world.tables.get("customer", id, param="customer")
    params = request.params.only(*PAGING, "type", "allow_redisplay")
    return payment_methods.listed(world, params, customer=id, url=request.path)


@endpoint("GET", "/v1/customers/{id}/payment_methods/{method}")
def retrieve_payment_method(world: World, request: Request, id: str, method: str) -> dict[str, Any]:
    return payment_methods.of_customer(world, method, id)
