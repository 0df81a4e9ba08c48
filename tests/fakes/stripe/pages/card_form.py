"""The field for a card number, with the magic numbers to choose from."""

from __future__ import annotations

from html import escape
from typing import Any

from tests.fakes.stripe import cards
from tests.fakes.stripe.cards import TestCard

#: What a number that is none of the magic ones is told.
NOT_MAGIC = "Only the test numbers below work here. For an ordinary card take 4242 4242 4242 4242."


def fields(number: str = "4242 4242 4242 4242") -> str:
    """Return the fields for a card, filled with one that pays."""
    return f"""
<label for="number">Card number</label>
<input id="number" name="number" inputmode="numeric" autocomplete="off" required list="numbers"
 value="{escape(number)}">
<datalist id="numbers">{"".join(f'<option value="{spaced(card)}">{escape(card.what)}</option>' for card in cards.CARDS)}
</datalist>
<div class="two">
<div><label for="expiry">Month / year</label>
<input id="expiry" name="expiry" autocomplete="off" required value="12 / 34" pattern="[0-9 ]+/[0-9 ]+"></div>
<div><label for="cvc">CVC</label>
<input id="cvc" name="cvc" inputmode="numeric" autocomplete="off" required value="123"></div>
</div>"""


def table() -> str:
    """Return what each magic number does."""
    rows = "".join(
        f'<tr><td class="number">{spaced(card)}</td><td>{escape(card.what)}</td></tr>' for card in cards.CARDS
    )
    return f"""<details><summary>Test numbers</summary><div class="scroll"><table>
<thead><tr><th scope="col">Number</th><th scope="col">The card</th></tr></thead>
<tbody>{rows}</tbody></table></div></details>"""


def spaced(card: TestCard) -> str:
    """Return the number in groups of four."""
    return " ".join(card.number[place : place + 4] for place in range(0, len(card.number), 4))


def chosen(given: dict[str, Any]) -> TestCard | None:
    """Return the magic card that was typed."""
    return cards.BY_NUMBER.get("".join(filter(str.isdigit, str(given.get("number", "")))))


def expiry(given: dict[str, Any]) -> tuple[int, int] | None:
    """Return month and year as they were typed, None when they are no date."""
    month, _, year = str(given.get("expiry", "")).replace(" ", "").partition("/")
    if not (month.isdecimal() and year.isdecimal() and 1 <= int(month) <= 12):
        return None
    return int(month), int(year) % 100 + 2000
