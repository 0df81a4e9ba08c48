"""Transfers: money sent to connected accounts, and taken back."""

from __future__ import annotations

from typing import Any

from tests.fakes.stripe import books
from tests.fakes.stripe.errors import invalid
from tests.fakes.stripe.lists import DATED, PAGING, listed, page
from tests.fakes.stripe.routing import Request, endpoint
from tests.fakes.stripe.tables import Object, new_id
from tests.fakes.stripe.world import World


@endpoint("POST", "/v1/transfers")
def create(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only("amount", "currency", "destination", "metadata", "description", "transfer_group")
    amount, currency = params.amount(), params.required("currency").lower()
    account = world.tables.get("account", params.required("destination"), param="destination")
    if account["capabilities"].get("transfers") != "active":
        raise invalid(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers, "
            "crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    books.require(world, amount, currency)
    id = new_id("tr")
    transfer = world.tables.add(
        {
            "id": id,
            "object": "transfer",
            "amount": amount,
            "amount_reversed": 0,
            "balance_transaction": None,
            "created": world.now(),
            "currency": currency,
            "description": params.text("description"),
            "destination": account["id"],
            "destination_payment": new_id("py"),
            "livemode": False,
            "metadata": params.metadata(),
            "reversals": listed([], f"/v1/transfers/{id}/reversals"),
            "reversed": False,
            "source_transaction": None,
            "source_type": "card",
            "transfer_group": params.text("transfer_group"),
        }
    )
    transfer["balance_transaction"] = books.book(
        world, type="transfer", category="transfer", amount=-amount, currency=currency, source=id
    )["id"]
    world.tables.hidden(account["id"]).setdefault("balance", {}).setdefault(currency, 0)
    world.tables.hidden(account["id"])["balance"][currency] += amount
    world.announce("transfer.created", transfer)
    return transfer


@endpoint("POST", "/v1/transfers/{id}/reversals")
def reverse(world: World, request: Request, id: str) -> dict[str, Any]:
    params = request.params.only("amount", "metadata", "description")
    transfer = world.tables.get("transfer", id, param="transfer")
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = params.amount() if "amount" in params else left
    if amount > left:
        raise invalid(
            f"Reversal amount (${amount / 100:.2f}) is greater than unreversed amount on transfer (${left / 100:.2f})",
            param="amount",
        )
    _take_from_account(world, transfer, amount)
    reversal = world.tables.add(
        {
            "id": new_id("trr"),
            "object": "transfer_reversal",
            "amount": amount,
            "balance_transaction": None,
            "created": world.now(),
            "currency": transfer["currency"],
            "destination_payment_refund": new_id("pyr"),
            "metadata": params.metadata(),
            "source_refund": None,
            "transfer": id,
        }
    )
    reversal["balance_transaction"] = books.book(
        world,
        type="transfer_refund",
        category="transfer_reversal",
        amount=amount,
        currency=transfer["currency"],
        source=reversal["id"],
    )["id"]
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"].insert(0, dict(reversal))
    world.announce("transfer.reversed" if transfer["reversed"] else "transfer.updated", transfer)
    return reversal


def _take_from_account(world: World, transfer: Object, amount: int) -> None:
    """Refuse what the connected account has no longer: it was paid out to the seller's bank."""
    balance = world.tables.hidden(transfer["destination"])["balance"]
    if balance[transfer["currency"]] < amount:
        raise invalid(
            "There are insufficient funds in the connected account to create this reversal.",
            code="balance_insufficient",
        )
    balance[transfer["currency"]] -= amount


@endpoint("GET", "/v1/transfers/{id}")
def retrieve(world: World, request: Request, id: str) -> dict[str, Any]:
    return world.tables.get("transfer", id, param="transfer")


@endpoint("GET", "/v1/transfers")
def list_(world: World, request: Request) -> dict[str, Any]:
    params = request.params.only(*DATED, "destination", "transfer_group")
    destination, group = params.text("destination"), params.text("transfer_group")
    rows = world.tables.newest_first(
        "transfer",
        lambda row: destination in (None, row["destination"]) and group in (None, row["transfer_group"]),
    )
    return page(params, rows, "/v1/transfers")


@endpoint("GET", "/v1/transfers/{id}/reversals")
def list_reversals(world: World, request: Request, id: str) -> dict[str, Any]:
    world.tables.get("transfer", id, param="transfer")
    rows = world.tables.newest_first("transfer_reversal", lambda row: row["transfer"] == id)
    return page(request.params.only(*PAGING), rows, request.path)
