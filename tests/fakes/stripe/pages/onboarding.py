"""The page where a seller gives Stripe what it must know before it pays anybody."""

from __future__ import annotations

from html import escape
from typing import Any

from tests.fakes.stripe.pages.answers import PageAnswer, gone, page, redirect
from tests.fakes.stripe.resources import accounts
from tests.fakes.stripe.world import World


def show(world: World, token: str) -> PageAnswer:
    """Return the page of a link, or the way to a fresh one when its time is over."""
    link = world.tables.hidden(f"link_{token}")
    if not link:
        return gone("This link is unknown. Go back to the marketplace and begin again.")
    if link["expires_at"] <= world.now():
        return redirect(link["refresh_url"])
    account = world.tables.get("account", link["account"])
    asked = ", ".join(account["requirements"]["currently_due"]) or "nothing"
    whose = escape(account["email"] or account["id"])
    body = f"""<h1>Get paid</h1><p>Account of {whose} in {escape(account["country"])}.</p>
<p class="soft">Still asked for: {escape(asked)}</p>
<form method="post"><label for="name">Your name</label><input id="name" name="name" required value="Test Seller">
<label for="bank">Bank account</label><input id="bank" name="bank" required value="000123456789">
<div class="acts"><button name="act" value="submit">Submit</button>
<button class="quiet" name="act" value="later" formnovalidate>Later</button></div></form>"""
    return page("Get paid", body)


def submit(world: World, token: str, given: dict[str, Any]) -> PageAnswer:
    """Take what was given, or nothing, and go back. A link works once."""
    link = world.tables.hidden(f"link_{token}")
    if not link or link["expires_at"] <= world.now():
        return show(world, token)
    if given.get("act") == "submit":
        accounts.complete(world, world.tables.get("account", link["account"]))
    link["expires_at"] = 0
    return redirect(link["return_url"])
