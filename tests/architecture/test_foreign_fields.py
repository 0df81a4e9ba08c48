"""In queries, cursors and bodies too, what belongs to others is answered exactly as what does not exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse

from tests.architecture import addresses
from tests.architecture.fields import NAMING, PLAIN, Field, cursor, fields
from tests.architecture.neighbours import Neighbour, neighbour
from tests.architecture.people import normal, taken_back
from tests.architecture.test_isolation import rows, text
from tests.factories.belongings import Belongings, belongings

pytestmark = pytest.mark.django_db
#: Rows of nobody: what was uploaded is found by its content, and changes of promotions are counted for all together.
SHARED = {"catalog.Blob", "promotions.RuleChanges"}
_PARAMETER = re.compile(r"([^/]+)/\{(\w+)\}")


class TestEveryField:
    def test_is_known_to_name_something_or_nothing(self):
        unknown = {
            f"{each.method} {each.address}: {each.name}" for each in fields() if each.name not in {*NAMING, *PLAIN}
        }

        assert unknown == set(), "add them to fields.NAMING or fields.PLAIN"

    def test_in_the_tables_is_there(self):
        assert {*NAMING, *PLAIN} - {each.name for each in fields()} == set()


class TestForeignNames:
    def test_are_answered_as_unknown_ones_are_and_change_nothing(self):
        owner, before = belongings(), rows()
        asker, differing, telling = neighbour(), [], []

        for field in naming():
            foreign, unknown = values(field, owner)
            answers = {value: asked(asker, field, value) for value in (foreign, unknown)}
            told_of, told_not = (normal(answers[each], each, each.rpartition("/")[2]) for each in (foreign, unknown))
            if told_of != told_not:
                differing.append(f"{where(field)}\n{told_of}\n{told_not}")
            sent = foreign + answers[foreign].request["PATH_INFO"]
            if told := [word for word in owner.canaries if word in text(answers[foreign]) and word not in sent]:
                telling.append(f"{where(field)} tells {told}")
        for field in naming():
            asked(asker, field, values(field, owner)[0], is_taken_back=False)

        after = rows()
        assert differing == [], "\n\n".join(differing)
        assert telling == []
        assert [key for key, row in before.items() if after.get(key) != row and key[0] not in SHARED] == []


def naming() -> Iterator[Field]:
    """Yield the fields that name something. Streams have no end; a text in a body is a message."""
    for each in fields():
        is_message = (each.place, each.name) == ("body", "text")
        if each.name in NAMING and not is_message and not each.address.endswith("/tail"):
            yield each


def where(field: Field) -> str:
    return f"{field.method} {field.address} {field.place} {'.'.join(field.path)}"


def values(field: Field, owner: Belongings) -> tuple[str, str]:
    """Return what the owner has, and what nobody has, of the same kind."""
    if field.name == "cursor":
        is_log = field.address.startswith("/v1/request-logs")
        pairs = (owner.log_id, uuid4()) if is_log else (cursor(owner.service.pk), cursor(uuid4()))
        return str(pairs[0]), str(pairs[1])
    foreign = str(NAMING[field.name](owner))
    return foreign, addresses.nobodys(foreign)


def asked(asker: Neighbour, field: Field, value: str, *, is_taken_back: bool = True) -> HttpResponse:
    path = _PARAMETER.sub(lambda part: f"{part[1]}/{_own(asker, part[1], part[2])}", field.address)
    body: Any = field.schemas.example(field.body) if field.body else None
    query = ""
    if field.place == "query":
        query = f"?{field.path[0]}={value}"
    else:
        body = field.schemas.example(field.body, {field.path: value})
    sent = json.dumps(body) if body is not None else ""
    with taken_back(is_taken_back):
        return asker.program(path).generic(field.method, path + query, sent, content_type="application/json")


def _own(asker: Neighbour, before: str, name: str) -> object:
    return addresses.OBJECTS[f"{before}/<{name}>"](asker)
