"""Paths and routing keys: the longest path wins, then the key decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.routing.matching import Match, NoKey, Table, beginning, canonical, routing_key_of
from domain.routing.snapshot import RouteEntry, RouteRecord


@pytest.fixture
def table() -> Table:
    table = Table()
    for path, entries in {
        "openai": [({"model": "gpt-4"}, "four"), ({"model": "gpt-5"}, "five")],
        "openai/images": [(None, "images")],
        "acme/chat": [(None, "chat")],
        "acme/chat@fast": [(None, "fast")],
        "mixed": [(None, "plain"), ({"model": "m"}, "keyed")],
    }.items():
        table.set_record(RouteRecord(path, tuple(RouteEntry(key, value) for key, value in entries)))
    return table


def at(path: str) -> tuple[str, ...]:
    return tuple(path.split("/"))


class TestMatch:
    @pytest.mark.parametrize(
        ("path", "key", "value", "rest", "channel"),
        [
            ("openai/chat/completions", {"model": "gpt-4"}, "four", ("chat", "completions"), None),
            ("openai/chat/completions", {"model": "gpt-5"}, "five", ("chat", "completions"), None),
            ("openai/images/generations", {"model": "dall-e"}, "images", ("generations",), None),
            ("acme/chat", None, "chat", (), None),
            ("acme/chat/v1", {"model": "anything"}, "chat", ("v1",), None),
            ("acme/chat@fast", None, "fast", (), None),
            ("acme/chat@byok/v1", None, "chat", ("v1",), "byok"),
            ("acme/chat@fast@byok", None, "fast", (), "byok"),
            ("mixed", None, "plain", (), None),
            ("mixed", {"model": "m"}, "keyed", (), None),
        ],
    )
    def test_finds(self, table, path, key, value, rest, channel):
        found = table.match(at(path), canonical(key))
        assert isinstance(found, Match)
        assert (found.value, found.rest, found.channel) == (value, rest, channel)

    @pytest.mark.parametrize(
        ("path", "key", "known"),
        [
            ("openai/chat", {"model": "gpt-6"}, ('{"model":"gpt-4"}', '{"model":"gpt-5"}')),
            ("openai/chat", None, ('{"model":"gpt-4"}', '{"model":"gpt-5"}')),
            ("mixed", {"model": "other"}, ("", '{"model":"m"}')),
        ],
    )
    def test_names_the_keys_that_a_known_path_has(self, table, path, key, known):
        assert table.match(at(path), canonical(key)) == NoKey(path.split("/")[0], 1, known)

    @pytest.mark.parametrize("path", ["nobody", "acme", "acme/nothing", "openai@x/../y"])
    def test_knows_nothing_of_other_paths(self, table, path):
        assert not isinstance(table.match(at(path), "x"), Match)

    def test_hides_what_is_private_from_those_who_do_not_know_of_it(self, table):
        entries = (RouteEntry({"model": "open"}, "open"), RouteEntry({"model": "own"}, "own", is_private=True))
        table.set_record(RouteRecord("openai/shared", entries))
        own, open_ = canonical({"model": "own"}), canonical({"model": "open"})
        path = at("openai/shared")

        assert table.match(path, own) == NoKey("openai/shared", 2, (open_,))
        assert table.keys_at(path) == (open_,)
        assert isinstance(table.match(path, own, {"own"}), Match)
        assert set(table.keys_at(path, {"own"})) == {own, open_}

    def test_finds_what_is_everybody_s_behind_what_is_private_for_the_same_key(self, table):
        table.set_record(RouteRecord("moved", (RouteEntry(None, "old", is_private=True), RouteEntry(None, "new"))))

        assert [table.match(("moved",), "", knows).value for knows in ((), {"old"})] == ["new", "old"]

    def test_of_a_path_with_nothing_but_what_is_private_takes_a_shorter_one(self, table):
        entries = (RouteEntry(None, "own", is_private=True),)
        table.set_record(RouteRecord("openai/hidden", entries))

        assert table.match(at("openai/hidden"), canonical({"model": "gpt-4"})) == Match("four", 1, ("hidden",), None)
        assert table.match(at("openai/hidden"), "", {"own"}) == Match("own", 2, (), None)

    def test_shows_to_everybody_what_is_private_no_longer(self, table):
        table.set_record(RouteRecord("hidden", (RouteEntry(None, "own", is_private=True),)))
        hidden = table.match(at("hidden"), "")
        table.set_record(RouteRecord("hidden", (RouteEntry(None, "own"),)))

        assert (hidden, table.match(at("hidden"), "")) == (None, Match("own", 1, (), None))

    def test_gives_those_who_know_of_it_what_is_private_before_what_stands_there_for_all(self, table):
        entries = (RouteEntry(None, "now"), RouteEntry(None, "former", is_private=True))
        table.set_record(RouteRecord("again", entries))

        assert table.match(at("again"), "") == Match("now", 1, (), None)
        assert table.match(at("again"), "", {"former"}) == Match("former", 1, (), None)

    def test_forgets_a_withdrawn_path(self, table):
        table.remove("acme/chat")
        assert table.match(at("acme/chat"), "") is None


_SEGMENT = st.sampled_from(("a", "b", "a@x", "b@x@y", ""))
_PATH = st.lists(_SEGMENT, min_size=1, max_size=3).map("/".join)
_CHANGE = st.tuples(_PATH, st.sampled_from(("", '{"model":"m"}', None)))


class TestVersions:
    @given(st.lists(_CHANGE, max_size=6), _CHANGE, _PATH, st.sampled_from(("", '{"model":"m"}')))
    def test_stay_only_where_nothing_else_is_found(self, before, change, asked, key):
        table = Table()

        def apply(path: str, of: str | None) -> None:
            table.set(path, [] if of is None else [(of, f"{path} for {of}")])

        for each in before:
            apply(*each)
        start, segments = beginning(asked), tuple(asked.split("/"))
        found, version = table.match(segments, key), table.version_at(start)

        apply(*change)

        assert table.version_at(start) != version or table.match(segments, key) == found

    def test_are_those_of_a_beginning_alone(self):
        table = Table()
        table.set("acme/chat", [("", "one")])
        acme, other = table.version_at("acme"), table.version_at("other")

        table.set("other/chat", [("", "two")])
        assert (table.version_at("acme"), table.version_at("other") > other) == (acme, True)
        table.remove("acme/chat")
        assert table.version_at("acme") > acme


class TestCanonical:
    def test_is_equal_for_equal_json(self):
        assert canonical({"b": 1, "a": [True, None]}) == canonical({"a": [True, None], "b": 1})

    def test_tells_types_apart(self):
        assert canonical({"model": "1"}) != canonical({"model": 1})


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"model": "gpt-4", "n": 1}, {"model": "gpt-4"}),
        ({"model": "m" * 512}, {"model": "m" * 512}),
        ({"model": "m" * 513}, None),
        ({"model": {"name": "m"}}, None),
        ({}, None),
        (["model"], None),
        (None, None),
    ],
)
def test_a_body_asks_for_a_model_by_a_name(body, key):
    assert routing_key_of(body) == key
