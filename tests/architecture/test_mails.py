"""Every mail has a text and a page, a subject of its own, and says where to go next."""

from __future__ import annotations

import re

import pytest

from tests.architecture import house

TEMPLATES = house.templates()
PARTS = ("subject.txt", "txt", "html")
OURS = sorted(
    {
        re.sub(r"\.(subject\.txt|txt|html)$", "", name)
        for name in TEMPLATES
        if name.startswith("emails/") and name != "emails/base.html"
    }
)
#: Those of the library for log-ins, which names them otherwise. Their links and codes come from it.
LOG_INS = sorted(
    name.removesuffix("_message.txt")
    for name in TEMPLATES
    if name.startswith("account/email/") and name.endswith("_message.txt") and "base_" not in name
)
#: {stem of a mail: (its subject, its text, its page)}.
PLACES = {
    **{mail: tuple(f"{mail}.{part}" for part in PARTS) for mail in OURS},
    **{mail: (f"{mail}_subject.txt", f"{mail}_message.txt", f"{mail}_message.html") for mail in LOG_INS},
}
_ADDRESS = re.compile(r"\{\{ (\w*(?:address|url|choices)) \}\}")


def parts(mail: str) -> tuple[str, str, str]:
    subject, text, page = (TEMPLATES[name] for name in PLACES[mail])
    return subject, text, page


def sent() -> set[str]:
    """Return the mails that the sources name."""
    sources = (path.read_text() for floor in house.FLOORS for path in (house.ROOT / floor).rglob("*.py"))
    return {found for source in sources for found in re.findall(r"\"(emails/[\w/]+)", source)}


def test_open_pages_for_the_team_that_they_are_about():
    """Their reader may act for another team: only operators' pages and invitations are addressed as they stand."""
    senders = [path for floor in house.FLOORS for path in (house.ROOT / floor).rglob("*mail*.py")]
    addressed = {name for path in senders for name in re.findall(r"SITE_URL \+ reverse\(\"([\w:]+)", path.read_text())}

    assert len(senders) > 8
    assert {name for name in addressed if not name.startswith("admin:")} == {"teams:invitation"}


def test_are_found():
    assert len(OURS) > 20
    assert {"account/email/email_confirmation", "account/email/password_reset_key"} <= set(LOG_INS)


def test_are_all_sent_by_something():
    named = sent()

    assert [mail for mail in OURS if not any(mail.startswith(name) for name in named)] == []


@pytest.mark.parametrize("mail", PLACES)
class TestMail:
    def test_has_a_subject_a_text_and_a_page(self, mail):
        assert [name for name in PLACES[mail] if name not in TEMPLATES] == []

    def test_has_a_subject_in_one_line_that_prints_words_as_they_are(self, mail):
        subject, *_ = parts(mail)

        assert len(subject.strip().splitlines()) == 1
        assert len(re.sub(r"\{[{%].*?[%}]\}", "", subject).split()) >= 2
        assert "{{" not in subject or subject.startswith("{% autoescape off %}")

    def test_prints_words_as_they_are_in_the_text_alone(self, mail):
        _, text, page = parts(mail)

        assert "autoescape off" in text
        assert "autoescape off" not in page
        assert "|safe" not in page

    def test_is_a_whole_page(self, mail):
        *_, page = parts(mail)

        assert page.startswith('{% extends "emails/base.html" %}')

    def test_says_where_to_go_in_both_forms(self, mail):
        _, text, page = parts(mail)
        linked = set(re.findall(r"href=\"[^\"]*?\{\{ (\w+) \}\}", page))

        assert linked
        assert linked == set(_ADDRESS.findall(text))
