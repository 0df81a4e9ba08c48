"""The page of a checkout session: pay and save the card, or only save it, or go back."""

from __future__ import annotations

from html import escape
from typing import Any

from tests.fakes.stripe import attempts, books
from tests.fakes.stripe.errors import Refused
from tests.fakes.stripe.pages import card_form
from tests.fakes.stripe.pages.answers import PageAnswer, gone, page, redirect
from tests.fakes.stripe.resources import checkout_sessions, payment_intents, payment_methods, setup_intents
from tests.fakes.stripe.tables import Object
from tests.fakes.stripe.world import World


def show(world: World, id: str, *, error: str = "", number: str | None = None) -> PageAnswer:
    """Return the page of an open session."""
    session = open_session(world, id)
    if session is None:
        return gone("This page was used already, or its time is over. Go back to the marketplace and begin again.")
    title, act = _words(world, session)
    error = error or _last_error(world, session)
    shown = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    body = f"""<h1>{escape(title)}</h1>{shown}
<form method="post">{card_form.fields(number) if number else card_form.fields()}
<div class="acts"><button name="act" value="pay">{escape(act)}</button>
<button class="quiet" name="act" value="cancel" formnovalidate>Cancel</button></div></form>{card_form.table()}"""
    return page(title, body, status=402 if error else 200)


def open_session(world: World, id: str) -> Object | None:
    """Return a session that still waits for somebody."""
    checkout_sessions.expire_late(world)
    session = world.tables.find(id)
    return session if session and session["object"] == "checkout.session" and session["status"] == "open" else None


def _words(world: World, session: Object) -> tuple[str, str]:
    if session["mode"] == "setup":
        return "Save a card", "Save card"
    names = ", ".join(world.tables.hidden(session["id"])["names"])
    amount = in_words(session["amount_total"], session["currency"])
    return f"Pay {amount} for {names}", f"Pay {amount}"


def _last_error(world: World, session: Object) -> str:
    """Return what went wrong the last time."""
    intent = world.tables.find(session["payment_intent"] or session["setup_intent"] or "") or {}
    told = intent.get("last_payment_error") or intent.get("last_setup_error") or {}
    return str(told.get("message", ""))


def in_words(amount: int, currency: str) -> str:
    """Return an amount as people write it."""
    places = books.decimal_places(currency)
    text = str(amount).rjust(places + 1, "0")
    return f"{text[:-places]}.{text[-places:]} {currency.upper()}" if places else f"{text} {currency.upper()}"


def submit(world: World, id: str, given: dict[str, Any]) -> PageAnswer:
    """Do what was asked on the page."""
    session = open_session(world, id)
    if session is None:
        return show(world, id)
    if given.get("act") == "cancel":
        return (
            redirect(session["cancel_url"]) if session["cancel_url"] else gone("You can close this page.", status=200)
        )
    card, valid = card_form.chosen(given), card_form.expiry(given)
    if card is None or valid is None:
        return show(world, id, error=card_form.NOT_MAGIC, number=str(given.get("number", "")))
    method = payment_methods.make(world, card, month=valid[0], year=valid[1])
    try:
        intent = pay(world, session, method)
    except Refused as refused:
        return show(world, id, error=refused.error["message"], number=card_form.spaced(card))
    if intent["status"] == "requires_action":
        return redirect(f"/authenticate/{intent['id']}")
    return redirect(finish(world, session))


def pay(world: World, session: Object, method: Object) -> Object:
    """Try this card. Returns the intent, which may want its owner first. Raises: Refused."""
    back = f"{world.url}/checkout/{session['id']}"
    if session["mode"] == "setup":
        intent = world.tables.get("setup_intent", session["setup_intent"])
        world.tables.hidden(intent["id"])["session"] = session["id"]
        setup_intents.choose(world, intent, method)
        setup_intents.confirm(world, intent, return_url=back)
        return intent
    intent = world.tables.find(session["payment_intent"] or "") or _payment(world, session)
    attempts.choose(intent, method)
    attempts.confirm(world, intent, off_session=False, return_url=back)
    return intent


def _payment(world: World, session: Object) -> Object:
    kept = world.tables.hidden(session["id"])
    intent = payment_intents.make(
        world,
        amount=session["amount_total"],
        currency=session["currency"],
        customer=session["customer"],
        metadata=dict(kept["metadata"]),
        description=kept["description"],
        setup_future_usage=kept["setup_future_usage"],
    )
    world.tables.hidden(intent["id"])["session"] = session["id"]
    session["payment_intent"] = intent["id"]
    return intent


def finish(world: World, session: Object) -> str:
    """Complete a session, and return where its owner goes."""
    customer = world.tables.find(session["customer"] or "") or {"email": None, "name": None}
    session.update(
        status="complete",
        url=None,
        payment_status="no_payment_required" if session["mode"] == "setup" else "paid",
        customer_details={
            "address": None,
            "email": customer["email"],
            "name": customer["name"],
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    )
    world.announce("checkout.session.completed", session)
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
