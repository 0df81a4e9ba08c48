"""The billing portal: a customer's cards. Add one, remove one, choose the default."""

from __future__ import annotations

from html import escape
from typing import Any

from tests.fakes.stripe.errors import Refused
from tests.fakes.stripe.pages import card_form
from tests.fakes.stripe.pages.answers import PageAnswer, gone, page, redirect
from tests.fakes.stripe.resources import payment_methods, setup_intents
from tests.fakes.stripe.tables import Object
from tests.fakes.stripe.world import World


def show(world: World, id: str, *, error: str = "") -> PageAnswer:
    """Return the page of a portal session."""
    session = world.tables.find(id)
    if session is None:
        return gone("This page is unknown. Go back to the marketplace and begin again.")
    customer = world.tables.get("customer", session["customer"])
    default = customer["invoice_settings"]["default_payment_method"]
    mine = list(world.tables.newest_first("payment_method", lambda row: row["customer"] == customer["id"]))
    cards = "".join(_card(method, is_default=method["id"] == default) for method in mine)
    shown = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    back = (
        f'<p><a href="{escape(session["return_url"])}">Back to the marketplace</a></p>' if session["return_url"] else ""
    )
    body = f"""<h1>Cards of {escape(customer["name"] or customer["email"] or customer["id"])}</h1>{shown}
<ul class="cards">{cards or "<li>No card is saved yet.</li>"}</ul>
<h2>Add a card</h2><form method="post">{card_form.fields()}
<div class="acts"><button name="act" value="add">Add card</button></div></form>{card_form.table()}{back}"""
    return page("Cards", body, status=402 if error else 200)


def _card(method: Object, *, is_default: bool) -> str:
    card = method["card"]
    make_default = '<button class="quiet" name="act" value="default">Make default</button>'
    return f"""<li><strong>{escape(card["brand"].capitalize())} …{card["last4"]}</strong>,
<span class="number">{card["exp_month"]:02}/{card["exp_year"]}</span>
<form method="post"><input type="hidden" name="card" value="{escape(method["id"])}"><div class="acts">
{'<span class="soft">Default</span>' if is_default else make_default}
<button class="quiet" name="act" value="remove">Remove</button></div></form></li>"""


def submit(world: World, id: str, given: dict[str, Any]) -> PageAnswer:
    """Do what was asked on the page."""
    session = world.tables.find(id)
    if session is None:
        return show(world, id)
    try:
        if given.get("act") == "add":
            return _add(world, session, given)
        card = payment_methods.of_customer(world, str(given.get("card", "")), session["customer"])
        if given.get("act") == "remove":
            payment_methods.detach_from(world, card["id"])
        elif given.get("act") == "default":
            _make_default(world, session["customer"], card["id"])
    except Refused as refused:
        return show(world, id, error=refused.error["message"])
    return redirect(f"/portal/{id}")


def _add(world: World, session: Object, given: dict[str, Any]) -> PageAnswer:
    card, valid = card_form.chosen(given), card_form.expiry(given)
    if card is None or valid is None:
        return show(world, session["id"], error=card_form.NOT_MAGIC)
    intent = setup_intents.make(world, customer=session["customer"], metadata={})
    setup_intents.choose(world, intent, payment_methods.make(world, card, month=valid[0], year=valid[1]))
    setup_intents.confirm(world, intent, return_url=f"{world.url}/portal/{session['id']}")
    if intent["status"] == "requires_action":
        return redirect(f"/authenticate/{intent['id']}")
    return redirect(f"/portal/{session['id']}")


def _make_default(world: World, customer_id: str, card_id: str) -> None:
    customer = world.tables.get("customer", customer_id)
    before = {"invoice_settings": dict(customer["invoice_settings"])}
    customer["invoice_settings"]["default_payment_method"] = card_id
    world.announce("customer.updated", customer, before=before)
