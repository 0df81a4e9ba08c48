"""A channel that is pinned: glued to a name, as a parameter, by the call or by what it leads through."""

from __future__ import annotations

import pytest

from domain.routing.grammar import BadPath
from domain.routing.snapshot import ChainStep
from domain.routing.tree import Choice, Failover, Refused
from tests.domain.routing.worlds import World
from tests.factories import records as make


@pytest.fixture
def world() -> World:
    """Services with a quick channel and a default one, and one without; names that lead to them."""
    world = World("other")
    for name in ("acme", "lumen"):
        channels = (make.channel(is_primary=True), make.channel("quick"))
        world.offer(name, channels=channels)
    world.put(make.alias("llm", "p/acme"))
    world.put(make.alias("fixed", "p/acme@default"))
    world.put(make.alias("set", "p/acme?_channel=default"))
    world.put(make.alias("pool", "g/pool"))
    world.put(make.alias("safe", "f/p/acme?_else=p/other"))
    world.put(make.group("pool", make.member("other", weight=1000), "acme", "lumen"), own=False)
    world.put(make.chain("work", ChainStep("one", "p/acme@quick", "continue"), ChainStep("two", "p/acme")))
    world.put(make.broadcast("all", "acme"))
    world.put(make.alias("job", "c/work"))
    return world


class TestAPinnedChannel:
    @pytest.mark.parametrize(
        ("path", "query", "channel"),
        [
            ("/p/acme", "", "default"),
            ("/p/acme@quick/chat", "", "quick"),
            ("/p/acme/chat", "_channel=quick", "quick"),
            (f"/p/{make.service_id('acme')}@quick", "", "quick"),
            ("/a/llm@quick/chat", "", "quick"),
            ("/a/llm/chat", "_channel=quick", "quick"),
            # what a name says itself is what it means; a call pins what the name leaves open
            ("/a/fixed@quick", "", "default"),
            ("/a/set@quick", "", "default"),
            ("/m/l/a/llm@quick", "_ttl=5m", "quick"),
        ],
    )
    def test_is_the_one_that_is_called(self, world, path, query, channel):
        node = world.plan(path, query)
        call = getattr(node, "inner", node)
        assert (call.service.name, call.channel.name) == ("acme", channel)
        assert all("@" not in segment for segment in call.rest)

    @pytest.mark.parametrize("path", ["/g/pool@quick/chat", "/a/pool@quick/chat"])
    def test_leaves_members_of_a_group_out_that_do_not_have_it(self, world, path):
        node = world.plan(path, shows_all=True)
        assert isinstance(node, Choice)
        assert node.calls[0].channel.name == "quick"
        outs = {candidate.service_id: candidate.out for candidate in node.candidates}
        assert outs[make.service_id("other")].startswith("channel_not_found")
        assert outs[make.service_id("lumen")] == ""

    def test_that_no_member_has_is_refused_by_its_name(self, world):
        node = world.plan("/g/pool@slow")
        assert isinstance(node, Refused)
        assert (node.refusal.status, node.refusal.code) == (404, "channel_not_found")

    def test_is_not_asked_of_the_fallback_that_an_alias_names(self, world):
        node = world.plan("/a/safe@quick")
        assert isinstance(node, Failover)
        assert (node.primary.channel.name, node.fallback.channel.name) == ("quick", "default")

    def test_stands_in_the_targets_of_a_chain(self, world):
        steps = world.plan("/c/work").steps
        assert [step.node.channel.name for step in steps] == ["quick", "default"]

    @pytest.mark.parametrize("path", ["/c/work@quick", "/b/all@quick", "/c/work", "/b/all"])
    def test_of_what_calls_several_services_is_refused(self, world, path):
        with pytest.raises(BadPath) as refused:
            world.plan(path, "" if "@" in path else "_channel=quick")
        assert refused.value.code == "channel_not_here"

    def test_of_an_alias_that_leads_to_a_chain_is_refused(self, world):
        node = world.plan("/a/job@quick")
        assert isinstance(node, Refused)
        assert "p/<service>@<channel>" in node.refusal.message
