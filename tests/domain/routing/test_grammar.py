"""Gateway paths, read before anything is looked up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.routing.grammar import BadPath, parse


class TestParse:
    @pytest.mark.parametrize(
        ("path", "target", "segments"),
        [
            ("/p/acme/chat/completions", "p", ("acme", "chat", "completions")),
            ("/p/acme", "p", ("acme",)),
            ("/p/acme/", "p", ("acme", "")),
            ("/e/CEFF/messages", "e", ("CEFF", "messages")),
            ("/p/acme/a%20b", "p", ("acme", "a%20b")),
        ],
    )
    def test_splits_target_and_raw_segments(self, path, target, segments):
        parsed = parse(path, "")
        assert (parsed.target, parsed.segments) == (target, segments)

    @pytest.mark.parametrize(
        ("query", "upstream", "control"),
        [
            ("", "", {}),
            ("limit=3&after=x", "limit=3&after=x", {}),
            ("_ttl=10m&limit=3", "limit=3", {"_ttl": "10m"}),
            ("_ttl=1h?_complete=", "", {"_ttl": "1h", "_complete": ""}),
            (
                "_ttl=1h?_else=g%2Fllm?_to=m%2Fp%2FX%3F_ttl%3D5m",
                "",
                {"_ttl": "1h", "_else": "g/llm", "_to": "m/p/X?_ttl=5m"},
            ),
            ("q=what?_is=this", "q=what?_is=this", {}),
            ("a_b=1&snake_case=2", "a_b=1&snake_case=2", {}),
        ],
    )
    def test_keeps_control_parameters_from_the_upstream(self, query, upstream, control):
        parsed = parse("/p/acme", query)
        assert (parsed.query, parsed.control) == (upstream, control)

    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ("/x/acme", "unknown_prefix"),
            ("/market", "unknown_prefix"),
            ("/p", "target_missing"),
            ("/p/", "target_missing"),
            ("/p//acme", "bad_path"),
            ("/p/acme//x", "bad_path"),
            ("/p/acme/../admin", "bad_path"),
            ("/p/acme/./x", "bad_path"),
            ("/p/acme/%2e%2e/x", "bad_path"),
            ("/p/acme%2fx", "bad_path"),
            ("/p/acme%5Cx", "bad_path"),
            ("/p/acme%00", "bad_path"),
            ("/p/acme\\x", "bad_path"),
            ("/p/ac me", "bad_path"),
            ("/p/acm\xe9", "bad_path"),
            ("/p/acm\u65e5", "bad_path"),
            ("/p/acme#x", "bad_path"),
            ("/p/" + "x" * 9000, "path_too_long"),
        ],
    )
    def test_refuses_what_could_be_read_in_two_ways(self, path, code):
        with pytest.raises(BadPath) as refused:
            parse(path, "")
        assert refused.value.code == code

    @pytest.mark.parametrize("query", ["q=a\\b", "q=a b", "q=\xe9", "q=\u65e5", "q=a#b", "q=a\r\nx: y"])
    def test_refuses_a_query_that_no_address_can_hold(self, query):
        with pytest.raises(BadPath) as refused:
            parse("/p/acme", query)
        assert refused.value.code == "bad_path"

    def test_names_the_known_prefixes_when_it_refuses_one(self):
        with pytest.raises(BadPath, match="/p/ a service by its path"):
            parse("/z/acme", "")

    @given(st.text(max_size=60), st.text(max_size=60))
    def test_parses_or_refuses_whatever_comes(self, path, query):
        try:
            parsed = parse("/" + path, query)
        except BadPath as refused:
            assert refused.message
        else:
            assert parsed.segments
            assert all(name.startswith("_") for name in parsed.control)
