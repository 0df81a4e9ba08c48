"""Code that calls a service, to copy. Whatever a seller wrote is quoted for the language it stands in."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from marketplace.catalog import cli_snippet, connection_snippets
from marketplace.catalog.models import AccessInterface, Gateway, Service
from marketplace.catalog.queries import ShownInterface
from marketplace.catalog.snippet import PLACEHOLDER_KEY, Snippet

_TEMPLATE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_VERSION = re.compile(r"/v\d+[a-z0-9]*(/|$)")


class Shape(Enum):
    """What requests look like."""

    CHAT = "/chat/completions"
    EMBEDDINGS = "/embeddings"
    IMAGES = "/images/generations"
    ANTHROPIC = "/v1/messages"
    PLAIN = ""


_PROMPTS = {
    Shape.CHAT: "Say hello in three languages.",
    Shape.ANTHROPIC: "Say hello in three languages.",
    Shape.EMBEDDINGS: "One key, one gateway, one bill.",
    Shape.IMAGES: "A lighthouse at dusk, watercolour",
    Shape.PLAIN: "",
}


@dataclass(frozen=True, slots=True)
class _Call:
    """What every snippet says: where, with which model, with which body."""

    base: str
    model: str
    shape: Shape
    body: Mapping[str, object]


def snippets(service: Service, shown: ShownInterface, template: Mapping[str, object] | None = None) -> list[Snippet]:
    """Return calls of an interface, the shell's first; none for what the API gateway does not carry.

    template: the body of the seller's request template, for cURL and for services of no known shape.
    """
    interface = shown.interface
    if interface.gateway != Gateway.API:
        return []
    if (make := connection_snippets.MAKERS.get(interface.access_method)) is not None:
        return make(filled(shown.address))
    if interface.access_method != "http":
        return []
    shape = _shape(service, f"{interface.name} {interface.description}")
    model = _model(service, interface.routing_key)
    base = filled(shown.address) + _version_path(service, shape)
    body = dict(template or _body(shape, model))
    if "model" in body:
        body["model"] = model
    call = _Call(base, model, shape, body)
    return [_curl(call), *_clients(call), *_commands(service, interface, call)]


@dataclass(frozen=True, slots=True)
class Sample:
    """A request to a service. path: what follows the interface's address."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, object]


def sample(service: Service, words: str, routing_key: object, template: Mapping[str, object] | None = None) -> Sample:
    """Return the request that the snippets make, as short as it can be. words: the interface's name and description."""
    shape = _shape(service, words)
    model = _model(service, routing_key)
    body = dict(template or _body(shape, model))
    if "model" in body:
        body["model"] = model
    if template is None and shape in {Shape.CHAT, Shape.ANTHROPIC}:
        body["max_tokens"] = 16
    headers = {"anthropic-version": "2023-06-01"} if shape is Shape.ANTHROPIC else {}
    return Sample("POST" if body else "GET", _version_path(service, shape) + shape.value, headers, body)


def filled(address: str) -> str:
    """Return an address with readable placeholders for what an enrollment gives: {{ enrollment.code }} -> YOUR-CODE."""
    return _TEMPLATE.sub(lambda match: "YOUR-" + match[1].rpartition(".")[2].replace("_", "-").upper(), address)


def _shape(service: Service, words: str) -> Shape:
    upstreams = " ".join(_upstreams(service)).lower()
    if service.service_type == "llm":
        speaks_anthropic = "anthropic.com" in upstreams or "anthropic" in words.lower() or "anthropic" in service.tags
        return Shape.ANTHROPIC if speaks_anthropic else Shape.CHAT
    return {"embedding": Shape.EMBEDDINGS, "image_generation": Shape.IMAGES}.get(service.service_type, Shape.PLAIN)


def _upstreams(service: Service) -> list[str]:
    channels = service.offering.data.get("upstream_access_config")
    if not isinstance(channels, dict):
        return []
    return [str(channel.get("base_url", "")) for channel in channels.values() if isinstance(channel, dict)]


def _version_path(service: Service, shape: Shape) -> str:
    """Return what the clients expect in the base address and the upstream's own does not have: "/v1" or nothing."""
    upstreams = _upstreams(service)
    if shape in {Shape.PLAIN, Shape.ANTHROPIC} or not upstreams or "{" in upstreams[0]:
        return ""
    return "" if _VERSION.search(upstreams[0]) else "/v1"


def _model(service: Service, routing_key: object) -> str:
    named = routing_key.get("model") if isinstance(routing_key, dict) else None
    details = service.offering.data.get("details")
    told = details.get("model") if isinstance(details, dict) else None
    return filled(str(named or told or service.offering.name))


def _body(shape: Shape, model: str) -> dict[str, object]:
    message = {"role": "user", "content": _PROMPTS[shape]}
    bodies: dict[Shape, dict[str, object]] = {
        Shape.CHAT: {"model": model, "messages": [message]},
        Shape.ANTHROPIC: {"model": model, "max_tokens": 200, "messages": [message]},
        Shape.EMBEDDINGS: {"model": model, "input": _PROMPTS[shape]},
        Shape.IMAGES: {"model": model, "prompt": _PROMPTS[shape], "n": 1},
        Shape.PLAIN: {},
    }
    return bodies[shape]


def _curl(call: _Call) -> Snippet:
    lines = [f"curl {shlex.quote(call.base + call.shape.value)}", f'  -H "Authorization: Bearer {PLACEHOLDER_KEY}"']
    if call.shape is Shape.ANTHROPIC:
        lines.append('  -H "anthropic-version: 2023-06-01"')
    if call.body:
        lines.append('  -H "Content-Type: application/json"')
        lines.append(f"  -d {shlex.quote(json.dumps(call.body, indent=2, ensure_ascii=False))}")
    return Snippet("curl", "cURL", "bash", " \\\n".join(lines))


def _commands(service: Service, interface: AccessInterface, call: _Call) -> list[Snippet]:
    """Return the call by the command line, which knows the addresses of services and not those of codes."""
    if interface.service_id is None:
        return []
    headers = {"anthropic-version": "2023-06-01"} if call.shape is Shape.ANTHROPIC else {}
    path = _version_path(service, call.shape) + call.shape.value
    return [cli_snippet.usvc(service, interface, path=path, body=call.body, headers=headers)]


def _clients(call: _Call) -> list[Snippet]:
    match call.shape:
        case Shape.CHAT:
            return [_openai_python(call, _CHAT_PYTHON), _openai_javascript(call, _CHAT_JAVASCRIPT)]
        case Shape.EMBEDDINGS:
            return [_openai_python(call, _EMBED_PYTHON), _openai_javascript(call, _EMBED_JAVASCRIPT)]
        case Shape.IMAGES:
            return [_openai_python(call, _IMAGE_PYTHON), _openai_javascript(call, _IMAGE_JAVASCRIPT)]
        case Shape.ANTHROPIC:
            return [_anthropic_python(call), _anthropic_javascript(call)]
    return [_plain_python(call), _plain_javascript(call)]


def _text(value: str) -> str:
    """Return a string literal that Python and JavaScript read alike."""
    return json.dumps(value)


_CHAT_PYTHON = """stream = client.chat.completions.create(
    model={model},
    messages=[{{"role": "user", "content": {prompt}}}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="")"""
_CHAT_JAVASCRIPT = """const stream = await client.chat.completions.create({{
  model: {model},
  messages: [{{ role: "user", content: {prompt} }}],
  stream: true,
}});
for await (const chunk of stream) {{
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}}"""
_EMBED_PYTHON = """answer = client.embeddings.create(model={model}, input={prompt})
print(len(answer.data[0].embedding), "dimensions")"""
_EMBED_JAVASCRIPT = """const answer = await client.embeddings.create({{ model: {model}, input: {prompt} }});
console.log(answer.data[0].embedding.length, "dimensions");"""
_IMAGE_PYTHON = """answer = client.images.generate(model={model}, prompt={prompt})
print(answer.data[0].url or "the image is in b64_json")"""
_IMAGE_JAVASCRIPT = """const answer = await client.images.generate({{ model: {model}, prompt: {prompt} }});
console.log(answer.data[0].url ?? "the image is in b64_json");"""


def _openai_python(call: _Call, use: str) -> Snippet:
    code = f"""from openai import OpenAI

client = OpenAI(
    base_url={_text(call.base)},
    api_key="{PLACEHOLDER_KEY}",
)

"""
    return Snippet(
        "python", "Python", "python", code + use.format(model=_text(call.model), prompt=_text(_PROMPTS[call.shape]))
    )


def _openai_javascript(call: _Call, use: str) -> Snippet:
    code = f"""import OpenAI from "openai";

const client = new OpenAI({{
  baseURL: {_text(call.base)},
  apiKey: "{PLACEHOLDER_KEY}",
}});

"""
    filled_in = use.format(model=_text(call.model), prompt=_text(_PROMPTS[call.shape]))
    return Snippet("javascript", "JavaScript", "javascript", code + filled_in)


def _anthropic_python(call: _Call) -> Snippet:
    code = f"""from anthropic import Anthropic

client = Anthropic(
    base_url={_text(call.base)},
    api_key="{PLACEHOLDER_KEY}",
)

message = client.messages.create(
    model={_text(call.model)},
    max_tokens=200,
    messages=[{{"role": "user", "content": {_text(_PROMPTS[call.shape])}}}],
)
print(message.content[0].text)"""
    return Snippet("python", "Python", "python", code)


def _anthropic_javascript(call: _Call) -> Snippet:
    code = f"""import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({{
  baseURL: {_text(call.base)},
  apiKey: "{PLACEHOLDER_KEY}",
}});

const message = await client.messages.create({{
  model: {_text(call.model)},
  max_tokens: 200,
  messages: [{{ role: "user", content: {_text(_PROMPTS[call.shape])} }}],
}});
console.log(message.content[0].text);"""
    return Snippet("javascript", "JavaScript", "javascript", code)


def _plain_python(call: _Call) -> Snippet:
    body = f",\n    json=json.loads({_text(json.dumps(call.body))})," if call.body else ","
    imports = "import json\n\nimport requests" if call.body else "import requests"
    method = "post" if call.body else "get"
    code = f"""{imports}

response = requests.{method}(
    {_text(call.base)},
    headers={{"Authorization": "Bearer {PLACEHOLDER_KEY}"}}{body}
)
print(response.status_code, response.text)"""
    return Snippet("python", "Python", "python", code)


def _plain_javascript(call: _Call) -> Snippet:
    kind = ', "Content-Type": "application/json"' if call.body else ""
    body = f"\n  body: JSON.stringify({json.dumps(call.body)})," if call.body else ""
    code = f"""const response = await fetch({_text(call.base)}, {{
  method: "{"POST" if call.body else "GET"}",
  headers: {{ Authorization: "Bearer {PLACEHOLDER_KEY}"{kind} }},{body}
}});
console.log(response.status, await response.text());"""
    return Snippet("javascript", "JavaScript", "javascript", code)
