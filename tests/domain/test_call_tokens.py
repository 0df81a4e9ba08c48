"""Tokens that say for whom, why, until when, for what and for how much."""

from __future__ import annotations

import base64
from decimal import Decimal

import pytest

from domain import call_tokens
from domain.call_tokens import CallToken

PEPPER = b"pepper"
TOKEN = CallToken(
    team_id="7d0d8e0e-0000-4000-8000-000000000001",
    purpose="test",
    reference="7d0d8e0e-0000-4000-8000-000000000002",
    expires_at=1_800_000_000.5,
    service_id="7d0d8e0e-0000-4000-8000-000000000003",
    cap=Decimal("0.10"),
)


def test_a_token_says_what_was_minted():
    assert call_tokens.read(call_tokens.mint(TOKEN, PEPPER), PEPPER) == TOKEN


def test_a_token_fits_a_header():
    text = call_tokens.mint(TOKEN, PEPPER)

    assert text.startswith("svcrun_")
    assert len(text) < 600
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_another_pepper_signs_nothing():
    assert call_tokens.read(call_tokens.mint(TOKEN, b"another"), PEPPER) is None


def test_no_letter_can_be_changed():
    text = call_tokens.mint(TOKEN, PEPPER)
    for place in range(len(text)):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert call_tokens.read(changed, PEPPER) is None, place


def test_a_signature_stands_for_its_own_words_alone():
    body, _, signature = call_tokens.mint(TOKEN, PEPPER).removeprefix("svcrun_").partition(".")
    dearer = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).replace(b"0.10", b"9.10")

    assert (
        call_tokens.read(f"svcrun_{base64.urlsafe_b64encode(dearer).decode().rstrip('=')}.{signature}", PEPPER) is None
    )


@pytest.mark.parametrize(
    "text", ["", "svcrun_", "svcrun_.", "svcrun_a", "svcpass_abc", "svcrun_ä.ö", "svcrun_" + "A" * 5000]
)
def test_what_is_no_token_is_refused(text):
    assert call_tokens.read(text, PEPPER) is None
