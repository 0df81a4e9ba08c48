"""For a person: what is in here, and what the banks could do next."""

from __future__ import annotations

from html import escape
from typing import Any

from tests.fakes.stripe import books
from tests.fakes.stripe.pages.answers import PageAnswer, page, redirect
from tests.fakes.stripe.pages.checkout import in_words
from tests.fakes.stripe.resources import accounts, disputes, refunds
from tests.fakes.stripe.tables import Object
from tests.fakes.stripe.world import OWN_ACCOUNT, World

_SHOWN = 25
_FUNDS = 100_000


def show(world: World) -> PageAnswer:
    """Return payments, refunds, disputes, sellers, the balance and the last events."""
    held = books.balance(world)["available"]
    balance = ", ".join(in_words(row["amount"], row["currency"]) for row in held)
    body = f"""<div class="wide"><h1>Pretended card processor</h1>
<p>Account <code>{OWN_ACCOUNT}</code>, balance {escape(balance)}.</p>
<form method="post" action="/"><div class="acts">
<button name="act" value="fund">Add 1,000 USD to the balance</button></div></form>
{_section(world, "Payments", "payment_intent", _payment)}
{_section(world, "Refunds", "refund", _refund)}
{_section(world, "Disputes", "dispute", _dispute)}
{_section(world, "Sellers", "account", _account)}
{_section(world, "Transfers", "transfer", _money)}
{_section(world, "Events", "event", lambda world, row: f"<td>{escape(row['type'])}</td><td></td><td></td>")}</div>"""
    return page("Overview", body)


def _section(world: World, title: str, kind: str, cells: Any) -> str:
    rows = [row for _, row in zip(range(_SHOWN), world.tables.newest_first(kind), strict=False)]
    if not rows:
        return f'<h2>{title}</h2><p class="soft">None yet.</p>'
    lines = "".join(f"<tr><td><code>{row['id']}</code></td>{cells(world, row)}</tr>" for row in rows)
    return f'<h2>{title}</h2><div class="scroll"><table><tbody>{lines}</tbody></table></div>'


def _money(world: World, row: Object, acts: str = "") -> str:
    amount = in_words(row["amount"], row["currency"])
    return f'<td class="number">{amount}</td><td>{escape(str(row.get("status") or ""))}</td><td>{acts}</td>'


def _payment(world: World, row: Object) -> str:
    charge = world.tables.find(row["latest_charge"] or "") or {}
    disputable = row["status"] == "succeeded" and not charge.get("disputed")
    return _money(world, row, _act("dispute", row["id"], "Charge back") if disputable else "")


def _refund(world: World, row: Object) -> str:
    acts = _act("refund_fails", row["id"], "Let it fail") if row["status"] != "failed" else ""
    return _money(
        world, row, acts + (_act("refund_settles", row["id"], "Settle") if row["status"] == "pending" else "")
    )


def _dispute(world: World, row: Object) -> str:
    is_open = row["status"] in ("needs_response", "under_review") or row["status"].startswith("warning_needs")
    return _money(world, row, _act("win", row["id"], "We win") + _act("lose", row["id"], "We lose") if is_open else "")


def _account(world: World, row: Object) -> str:
    state = "can be paid" if row["payouts_enabled"] else "cannot be paid"
    acts = (
        _act("restrict", row["id"], "Restrict") if row["payouts_enabled"] else _act("complete", row["id"], "Complete")
    )
    return f"<td>{escape(row['email'] or '')}</td><td>{state}</td><td>{acts}</td>"


def _act(act: str, id: str, label: str) -> str:
    return f"""<form class="inline" method="post" action="/"><input type="hidden" name="id" value="{id}">
<button class="quiet" name="act" value="{act}">{label}</button></form> """


def submit(world: World, given: dict[str, Any]) -> PageAnswer:
    """Let a bank do what was asked."""
    row = world.tables.find(str(given.get("id", ""))) or {}
    match given.get("act"), row.get("object"):
        case "fund", _:
            fund(world, _FUNDS, "usd")
        case "dispute", "payment_intent":
            disputes.open_for(world, world.tables.get("charge", row["latest_charge"]), reason="fraudulent")
        case "refund_fails", "refund":
            refunds.fail(world, row)
        case "refund_settles", "refund":
            refunds.settle(world, row)
        case ("win" | "lose") as which, "dispute":
            disputes.decide(world, row, won=which == "win")
        case "complete", "account":
            accounts.complete(world, row)
        case "restrict", "account":
            accounts.restrict(world, row, asked=("individual.verification.document",), reason="requirements.past_due")
    return redirect("/")


def fund(world: World, amount: int, currency: str) -> None:
    """Put money of the marketplace's own into its balance."""
    books.book(world, type="topup", category="topup", amount=amount, currency=currency, source=None)
