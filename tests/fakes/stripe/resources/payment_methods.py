"""Payment methods: saved cards. The number stays hidden; what the card does hangs on it."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.fakes.stripe import cards
from tests.fakes.stripe.cards import MESSAGES, TestCard
from tests.fakes.stripe.errors import card_error, invalid, missing
from tests.fakes.stripe.lists import PAGING, page
from tests.fakes.stripe.params import Params
from tests.fakes.stripe.routing import Request, endpoint
from tests.fakes.stripe.tables import Object, new_id
from tests.fakes.stripe.world import World

_YEARS_VALID = 4


def make(
    world: World, card: TestCard, *, month: int | None = None, year: int | None = None, name: str | None = None
) -> Object:
    """Keep a new payment method of this card, which belongs to nobody yet."""
    method = world.tables.add(
        {
            "id": new_id("pm"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": {**billing_details(), "name": name},
            "card": _card(card, month or 12, year or _year(world) + _YEARS_VALID),
            "created": world.now(),
            "customer": None,
            "livemode": False,
            "metadata": {},
            "type": "card",
        }
    )
    world.tables.hidden(method["id"])["number"] = card.number
    return method


def billing_details() -> dict[str, Any]:
    """Return the details of somebody who gave none."""
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {"address": address, "email": None, "name": None, "phone": None, "tax_id": None}


def _card(card: TestCard, month: int, year: int) -> dict[str, Any]:
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": card.brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": hashlib.sha256(card.number.encode()).hexdigest()[:16],
        "funding": "credit",
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _year(world: World) -> int:
    return 1970 + world.now() // 31_556_952


def card_of(world: World, id: str) -> TestCard:
    """Return the magic card behind a payment method."""
    return cards.BY_NUMBER[world.tables.hidden(id)["number"]]


def resolved(world: World, id: str, *, param: str = "payment_method") -> Object:
    """Return a payment method by its id, or a new one by its token. Raises: Refused."""
    if id in cards.BY_TOKEN:
        return make(world, cards.BY_TOKEN[id])
    method = world.tables.find(id)
    if method is None or method["object"] != "payment_method":
        raise missing("PaymentMethod", id, param=param)
    return method


def of_customer(world: World, id: str, customer: str) -> Object:
    """Return a payment method that is attached to this customer. Raises: Refused."""
    method = world.tables.get("payment_method", id, param="payment_method")
    if method["customer"] != customer:
        raise missing("PaymentMethod", id, param="payment_method")
    return method


def attach_to(world: World, id: str, customer: str) -> Object:
    """Attach a payment method to a customer, after the bank was asked. Raises: Refused."""
    world.tables.get("customer", customer, param="customer")
    method = resolved(world, id)
    card = card_of(world, method["id"])
    if method["customer"] not in (None, customer):
        raise invalid("The payment method you provided has already been attached to a customer.", param="customer")
    if world.tables.hidden(method["id"]).get("was_detached"):
        raise invalid(
            "This PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a "
            "connected account without Customer attachment, or was detached from a Customer. It may not be used again.",
            code="payment_method_unexpected_state",
        )
    if not card.attaches and card.decline:
        code, reason = card.decline
        raise card_error(MESSAGES[reason], code=code, decline_code=reason)
    if method["customer"] is None:
        method["customer"] = customer
        world.announce("payment_method.attached", method)
    return method


@endpoint("GET", "/v1/payment_methods/{id}")
def retrieve(world: World, request: Request, id: str) -> dict[str, Any]:
    return world.tables.get("payment_method", id)


@endpoint("GET", "/v1/payment_methods")
def list_(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(*PAGING, "customer", "type", "allow_redisplay")
    return listed(world, params, customer=params.required("customer"), url="/v1/payment_methods")


def listed(world: World, params: Params, *, customer: str, url: str) -> dict[str, Any]:
    """Return a page of a customer's payment methods; all are cards."""
    kind = params.text("type")
    mine = world.tables.newest_first(
        "payment_method", lambda row: row["customer"] == customer and kind in (None, row["type"])
    )
    return page(params, mine, url)


@endpoint("POST", "/v1/payment_methods/{id}/attach")
def attach(world: World, request: Request, id: str) -> dict[str, Any]:
    return attach_to(world, id, request.params.only("customer").required("customer"))


@endpoint("POST", "/v1/payment_methods/{id}/detach")
def detach(world: World, request: Request, id: str) -> dict[str, Any]:
    request.params.only()
    return detach_from(world, id)


def detach_from(world: World, id: str) -> Object:
    """Take a payment method from its customer, for ever. Raises: Refused."""
    method = world.tables.get("payment_method", id, param="payment_method")
    owner = method["customer"]
    if owner is None:
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            param="payment_method",
        )
    method["customer"] = None
    world.tables.hidden(id)["was_detached"] = True
    settings = world.tables.get("customer", owner)["invoice_settings"]
    if settings["default_payment_method"] == id:
        settings["default_payment_method"] = None
    world.announce("payment_method.detached", method, before={"customer": owner})
    return method
