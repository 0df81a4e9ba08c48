from __future__ import annotations

import ast
import json
import shlex
import shutil
import subprocess
from typing import Any

import pytest
from pygments.lexers.javascript import JavascriptLexer
from pygments.token import Token

from marketplace.catalog.models import AccessInterface, Offering, Service
from marketplace.catalog.queries import ShownInterface
from marketplace.catalog.snippets import Snippet, filled, snippets

#: What a seller may try to break out of a string with, in any of the languages.
HOSTILE = 'x\'); import os; os.system("rm") # `id` $(id) \\ \n ${HOME}'


def service(service_type: str = "llm", upstream: str = "https://up.example/v1", **details: Any) -> Service:
    data = {"details": details, "upstream_access_config": {"default": {"base_url": upstream}}}
    return Service(service_type=service_type, offering=Offering(name="small", data=data), tags=[])


def shown(address: str = "https://gateway.example/p/acme/chat", **fields: Any) -> ShownInterface:
    return ShownInterface(AccessInterface(name="api", **fields), address)


def by_key(found: list[Snippet]) -> dict[str, str]:
    return {each.key: each.code for each in found}


class TestSnippets:
    @pytest.mark.parametrize(
        ("made", "words"),
        [
            (service("llm"), ["/p/acme/chat/chat/completions", '"messages"']),
            (service("llm", "https://up.example"), ["/p/acme/chat/v1/chat/completions"]),
            (service("embedding"), ["/p/acme/chat/embeddings", '"input"']),
            (service("image_generation"), ["/p/acme/chat/images/generations", '"prompt"']),
            (service("llm", "https://api.anthropic.com"), ["/p/acme/chat/v1/messages", "anthropic-version"]),
            (service("notification"), ["curl https://gateway.example/p/acme/chat"]),
        ],
    )
    def test_call_the_path_of_their_kind(self, made, words):
        curl = by_key(snippets(made, shown()))["curl"]

        for word in words:
            assert word in curl

    @pytest.mark.parametrize(
        ("routing_key", "details", "model"),
        [({"model": "large"}, {"model": "told"}, "large"), (None, {"model": "told"}, "told"), (None, {}, "small")],
    )
    def test_name_the_model(self, routing_key, details, model):
        found = by_key(snippets(service(**details), shown(routing_key=routing_key)))

        assert all(f'"{model}"' in code for code in found.values())

    def test_send_the_sellers_own_request_where_there_is_one(self):
        found = by_key(snippets(service(), shown(), {"messages": [], "model": "other", "seed": 7}))

        words = shlex.split(found["curl"])
        assert json.loads(words[words.index("-d") + 1]) == {"messages": [], "model": "small", "seed": 7}

    @pytest.mark.parametrize("fields", [{"gateway": "s3"}, {"gateway": "smtp"}, {"access_method": "mcp"}])
    def test_are_missing_where_http_is_not_spoken(self, fields):
        assert snippets(service(), shown(**fields)) == []

    @pytest.mark.parametrize("service_type", ["llm", "embedding", "image_generation", "notification"])
    @pytest.mark.parametrize("upstream", ["https://up.example/v1", "https://api.anthropic.com"])
    def test_quote_whatever_a_seller_wrote(self, service_type, upstream):
        hostile = shown(f"https://gateway.example/p/{HOSTILE}", routing_key={"model": HOSTILE})
        found = by_key(snippets(service(service_type, upstream), hostile, {"model": HOSTILE, "prompt": HOSTILE}))

        tree = ast.parse(found["python"])
        called = {
            node.func.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert "system" not in called
        words = shlex.split(found["curl"])
        assert words[0] == "curl"
        assert words[1].startswith("https://gateway.example/p/x'); import os;")
        assert not {"rm", "id"} & set(words)

    @pytest.mark.parametrize("service_type", ["llm", "embedding", "image_generation", "notification"])
    @pytest.mark.parametrize("upstream", ["https://up.example/v1", "https://api.anthropic.com"])
    def test_keep_it_inside_of_texts_in_javascript(self, service_type, upstream):
        """Without node, too: a lexer says where texts begin and end."""
        hostile = shown(f"https://gateway.example/p/{HOSTILE}", routing_key={"model": HOSTILE})
        code = by_key(snippets(service(service_type, upstream), hostile, {"prompt": HOSTILE}))["javascript"]

        found = list(JavascriptLexer().get_tokens(code))
        texts = [json.loads(text) for kind, text in found if kind is Token.Literal.String.Double]
        assert any(HOSTILE in text for text in texts)
        outside = "".join(text for kind, text in found if kind not in Token.Literal.String)
        assert not [word for word in ("os.system", "import os", "rm", "$(id)", "HOME") if word in outside]
        assert Token.Error not in [kind for kind, _ in found]

    @pytest.mark.skipif(shutil.which("node") is None, reason="needs node, which parses all of it")
    @pytest.mark.parametrize("service_type", ["llm", "embedding", "image_generation", "notification"])
    def test_are_javascript(self, service_type, tmp_path):
        hostile = shown(f"https://gateway.example/p/{HOSTILE}", routing_key={"model": HOSTILE})
        code = by_key(snippets(service(service_type), hostile, {"prompt": HOSTILE}))["javascript"]
        script = tmp_path / "snippet.mjs"
        script.write_text(code)

        assert subprocess.run(["node", "--check", script], capture_output=True, check=False).returncode == 0


class TestConnections:
    @pytest.mark.parametrize(
        ("method", "keys"),
        [("websocket", ["websocat", "python", "javascript"]), ("grpc", ["grpcurl", "python"])],
    )
    def test_have_ways_of_their_own(self, method, keys):
        assert [each.key for each in snippets(service(), shown(access_method=method))] == keys

    def test_open_websockets_at_the_same_address(self):
        found = by_key(snippets(service(), shown(access_method="websocket")))
        assert all("wss://gateway.example/p/acme/chat" in code for code in found.values())

    @pytest.mark.parametrize(
        ("address", "target", "how"),
        [
            ("https://gateway.example/e/ABCD", "gateway.example:443", "secure_channel"),
            ("http://127.0.0.1:8000/e/ABCD", "127.0.0.1:8000", "insecure_channel"),
        ],
    )
    def test_name_the_service_of_a_grpc_call_in_its_metadata(self, address, target, how):
        found = by_key(snippets(service(), shown(address, access_method="grpc")))
        assert all(target in code and "/e/ABCD" in code for code in found.values())
        assert f"grpc.{how}(" in found["python"]

    @pytest.mark.parametrize("method", ["websocket", "grpc"])
    def test_quote_whatever_a_seller_wrote(self, method):
        found = by_key(snippets(service(), shown(f"https://gateway.example/p/{HOSTILE}", access_method=method)))
        ast.parse(found["python"])
        words = shlex.split(found.get("websocat") or found["grpcurl"])
        assert any(HOSTILE in word for word in words)


class TestFilled:
    @pytest.mark.parametrize(
        ("address", "readable"),
        [
            ("https://g.example/p/topics/{{ enrollment.code }}", "https://g.example/p/topics/YOUR-CODE"),
            ("https://g.example/p/{{params.home_city}}/x", "https://g.example/p/YOUR-HOME-CITY/x"),
            ("https://g.example/p/plain", "https://g.example/p/plain"),
        ],
    )
    def test_says_what_an_enrollment_gives(self, address, readable):
        assert filled(address) == readable
