"""Wrappers and their parameters: the same call however it is spelled."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.routing import wrapping
from domain.routing.grammar import WRAPPERS, BadPath, parse, parse_inner
from domain.routing.tree import Register
from domain.routing.wrapping import MemoOptions, Wrapping
from tests.domain.routing.worlds import World

PARAMETERS = {"l": "_complete=", "m": "_ttl=10m", "f": "_else=p%2Fbackup", "t": "_to=m%2Fp%2Fother%3F_ttl%3D5m"}


class TestEverySpelling:
    def test_of_the_same_wrappers_is_the_same_value(self):
        for size in range(1, 5):
            for letters in itertools.combinations("lmft", size):
                spelled = {
                    parse(
                        f"/{'/'.join(order)}/p/acme", "q=1&" + "&".join(PARAMETERS[each] for each in order)
                    ).without_controls
                    for order in itertools.permutations(letters)
                }
                values = [
                    parse(f"/{'/'.join(order)}/p/acme", "q=1&" + "&".join(PARAMETERS[each] for each in order))
                    for order in itertools.permutations(letters)
                ]
                assert all(value == values[0] for value in values)
                assert spelled == {"p/acme?q=1"}

    @given(
        st.permutations("lmft").flatmap(lambda order: st.integers(1, 4).map(lambda size: order[:size])),
        st.randoms(use_true_random=False),
        st.lists(st.sampled_from("?&"), min_size=4, max_size=4),
    )
    def test_gives_the_same_plan(self, letters, random, glue):
        world = World("acme", "backup", "other")
        plain = "&".join(PARAMETERS[letter] for letter in sorted(letters))
        shuffled = list(letters)
        random.shuffle(shuffled)
        glued = "".join(f"{mark}{PARAMETERS[letter]}" for mark, letter in zip(glue, shuffled, strict=False))[1:]
        first = world.plan(f"/{'/'.join(sorted(letters))}/p/acme", plain)
        assert world.plan(f"/{'/'.join(letters)}/p/acme", glued) == first

    @given(
        st.permutations("lmft").flatmap(lambda order: st.integers(0, 4).map(lambda size: order[:size])),
        st.sampled_from([("r", "_every=10m"), ("r", "_every=10m&_fire_now"), ("d", "_in=5m")]),
        st.randoms(use_true_random=False),
        st.lists(st.sampled_from("?&"), min_size=5, max_size=5),
    )
    def test_gives_the_same_plan_for_later(self, letters, later, random, glue):
        world = World("acme", "backup", "other")
        spelled = {**PARAMETERS, later[0]: later[1]}
        straight, stack, order = sorted([*letters, later[0]]), [*letters, later[0]], [*letters, later[0]]
        random.shuffle(stack)
        random.shuffle(order)
        glued = "".join(f"{mark}{spelled[letter]}" for mark, letter in zip(glue, order, strict=False))[1:]
        first = world.plan(f"/{'/'.join(straight)}/p/acme", "&".join(spelled[letter] for letter in straight))
        assert isinstance(first, Register)
        assert world.plan(f"/{'/'.join(stack)}/p/acme", glued) == first

    @pytest.mark.parametrize(
        "target",
        [
            "l/t/f/m/p/acme?_ttl=1h?_else=g%2Fllm?_to=p%2Fother",
            "m/f/t/l/p/acme?_to=p%2Fother&_else=g%2Fllm&_ttl=1h",
            "f/l/m/t/p/acme?_else=g/llm?_ttl=1h&_to=p/other",
        ],
    )
    def test_of_the_published_client_is_read(self, target):
        path, _, query = target.partition("?")
        asked = wrapping.read(parse(f"/{path}", query))
        assert asked == Wrapping("truncated", MemoOptions(3600, renew=False), True, "g/llm", "p/other", None)

    def test_with_a_value_of_its_own_questions_keeps_them(self):
        parsed = parse("/t/p/acme", "_to=m%2Fp%2FID2%3F_ttl%3D5m")
        assert wrapping.read(parsed).mirror == "m/p/ID2?_ttl=5m"
        inner = parse_inner("m/p/ID2?_ttl=5m")
        assert (inner.wrappers, inner.segments, inner.control) == ("m", ("ID2",), {"_ttl": "5m"})


class TestFlags:
    @pytest.mark.parametrize(("query", "on"), [("_renew", True), ("_renew=", True), ("_renew=1", True),
                                               ("_renew=true", True), ("", False), ("_renew=false", False),
                                               ("_renew=0", False)])  # fmt: skip
    def test_are_on_when_they_are_there(self, query, on):
        memo = wrapping.read(parse("/m/p/acme", query)).memo
        assert memo is not None
        assert memo.renew is on


class TestRefused:
    @pytest.mark.parametrize(
        ("path", "code"),
        [("/m/m/p/acme", "wrapper_twice"), ("/l/m/l/p/acme", "wrapper_twice"), ("/m", "target_missing"),
         ("/m/", "target_missing"), ("/m/l", "target_missing"), ("/m/acme", "unknown_prefix"),
         ("/p/acme/m", None), ("/z/p/acme", "unknown_prefix")],
    )  # fmt: skip
    def test_are_stacks_that_lead_to_no_target(self, path, code):
        if code is None:
            assert parse(path, "").segments == ("acme", "m")
            return
        with pytest.raises(BadPath) as caught:
            parse(path, "")
        assert caught.value.code == code

    def test_names_every_letter(self):
        with pytest.raises(BadPath, match="Known") as caught:
            parse("/z/acme", "")
        assert all(f"/{letter}/" in caught.value.message for letter in (*"pegacb", *WRAPPERS))
        assert caught.value.status == 404

    @pytest.mark.parametrize("name", ["_else", "_to"])
    def test_are_addresses_in_place_of_paths(self, name):
        with pytest.raises(BadPath) as caught:
            wrapping.read(parse("/f/t/p/acme", f"_to=p/x&{name}=https://evil.example/"))
        assert (caught.value.code, caught.value.status) == ("not_a_path", 400)


class TestDurations:
    @pytest.mark.parametrize(("text", "seconds"), [("1s", 1), ("90s", 90), ("10m", 600), ("1h", 3600), ("7d", 604800)])
    def test_are_a_number_and_a_unit(self, text, seconds):
        assert wrapping.duration(text, "_ttl", least=1, most=604800) == seconds

    def test_say_what_is_allowed(self):
        with pytest.raises(BadPath, match="from 1m to 7d"):
            wrapping.duration("5s", "_every", least=60, most=604800)
