"""The bank's page (3-D Secure): the card's owner says yes or no."""

from __future__ import annotations

from contextlib import suppress
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.fakes.stripe import attempts
from tests.fakes.stripe.errors import Refused
from tests.fakes.stripe.pages import checkout
from tests.fakes.stripe.pages.answers import PageAnswer, gone, page, redirect
from tests.fakes.stripe.resources import setup_intents
from tests.fakes.stripe.tables import Object
from tests.fakes.stripe.world import World


def show(world: World, id: str) -> PageAnswer:
    """Return the page of an intent that wants its owner."""
    intent = waiting(world, id)
    if intent is None:
        return gone("There is nothing to confirm any more. Go back to the marketplace.")
    about = (
        checkout.in_words(intent["amount"], intent["currency"])
        if intent["object"] == "payment_intent"
        else "saving a card"
    )
    body = f"""<h1>Your bank asks: is it you?</h1>
<p>Confirm {escape(about)}. A real bank would send you to its app now (3-D Secure).</p>
<form method="post"><div class="acts"><button name="act" value="yes">Yes, it is me</button>
<button class="quiet" name="act" value="no">No</button></div></form>"""
    return page("Your bank", body)


def waiting(world: World, id: str) -> Object | None:
    """Return an intent that wants its owner."""
    intent = world.tables.find(id)
    return intent if intent and intent.get("status") == "requires_action" else None


def submit(world: World, id: str, given: dict[str, Any]) -> PageAnswer:
    """Go on with the answer, and back to where the owner came from."""
    intent = waiting(world, id)
    if intent is None:
        return show(world, id)
    back = (intent["next_action"].get("redirect_to_url") or {}).get("return_url")
    with suppress(Refused):  # the intent says it, and the page that the owner returns to reads it there
        decide(world, intent, agreed=given.get("act") == "yes")
    session = checkout.open_session(world, world.tables.hidden(id).get("session", ""))
    if session is not None:
        done = intent["status"] == "succeeded"
        return redirect(checkout.finish(world, session) if done else f"/checkout/{session['id']}")
    return redirect(_with_result(back, intent)) if back else gone("You can close this page.", status=200)


def decide(world: World, intent: Object, *, agreed: bool) -> None:
    """Let the owner say yes or no. Raises: Refused, when the bank declines after all."""
    if intent["object"] == "setup_intent":
        if agreed:
            setup_intents.confirm(world, intent, return_url=None, authenticated=True)
        else:
            setup_intents.refuse_authentication(world, intent)
    elif agreed:
        attempts.settle(world, intent)
    else:
        attempts.refuse_authentication(world, intent)


def _with_result(url: str, intent: Object) -> str:
    """Return the address with what Stripe adds to it."""
    kind = intent["object"]
    ended = "succeeded" if intent["status"] == "succeeded" else "failed"
    added = {kind: intent["id"], f"{kind}_client_secret": intent["client_secret"], "redirect_status": ended}
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(added)}"
