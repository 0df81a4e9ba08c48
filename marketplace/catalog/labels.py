"""The words and pictures that pages use for what sellers write as keywords."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

#: service type -> (label, icon)
_TYPES = {
    "llm": ("Language model", "message-square-text"),
    "embedding": ("Embedding", "waypoints"),
    "image_generation": ("Images", "image"),
    "notification": ("Notifications", "bell"),
    "email": ("E-mail", "mail"),
    "content": ("Content", "file-text"),
    "streaming": ("Streaming", "radio"),
    "compute": ("Compute", "cpu"),
    "proxy": ("Proxy", "route"),
    "gateway": ("Gateway", "route"),
    "mcp": ("MCP server", "plug"),
    "database": ("Database", "database"),
    "monitoring": ("Monitoring", "activity"),
    "analytics": ("Analytics", "chart-column"),
}


@dataclass(frozen=True, slots=True)
class Access:
    """How a service is reached. meaning: one sentence for people who meet the word for the first time."""

    label: str
    tone: str
    icon: str
    meaning: str


#: channel type -> what it means for the customer
ACCESS = {
    "managed": Access(
        "Managed", "success", "badge-check", "The seller brings the upstream account. Your API key is all you need."
    ),
    "byok": Access("BYOK", "warning", "key-round", "Bring your own key: you store your provider's key as a secret."),
    "byoe": Access(
        "BYOE", "accent", "globe", "Bring your own endpoint: you store the address of your upstream as a secret."
    ),
    "enrollable": Access("Enroll", "info", "handshake", "You enroll first and choose its parameters."),
}

#: filter -> its heading
KINDS = {
    "type": "Type",
    "channel": "Access",
    "price": "Price",
    "provider": "Provider",
    "capability": "Capability",
    "tag": "Tag",
    "seller": "Seller",
    "currency": "Currency",
}
SORTS = {"relevance": "Best match", "price": "Price, lowest first", "newest": "Newest", "name": "Name"}


#: Words that have a spelling of their own.
_NAMES = "AI API CSV gRPC HTML HTTP JSON LLM MCP OCR PDF SMTP SQL SSE SSH WebSocket"
_SPELLINGS = {name.lower(): name for name in _NAMES.split()}


def spoken(word: str) -> str:
    """Return a keyword as people write it: "image_generation" -> "Image generation", "json_mode" -> "JSON mode"."""
    first, *others = word.replace("_", " ").split() or [""]
    start = _SPELLINGS.get(first.lower(), first[:1].upper() + first[1:])
    return " ".join([start, *(_SPELLINGS.get(each.lower(), each) for each in others)])


def type_label(service_type: str) -> str:
    return _TYPES[service_type][0] if service_type in _TYPES else spoken(service_type)


def type_icon(service_type: str) -> str:
    return _TYPES[service_type][1] if service_type in _TYPES else "box"


def access(channel_type: str) -> Access:
    """Return what a channel type means; an unknown one stands for itself."""
    return ACCESS.get(channel_type) or Access(spoken(channel_type), "neutral", "", "")


def word_label(kind: str, word: str) -> str:
    """Return a filter's word as the page shows it."""
    if kind == "type":
        return type_label(word)
    if kind == "channel":
        return access(word).label
    if kind == "price":
        return "Free" if word == "free" else spoken(word)
    return spoken(word) if kind == "capability" else word


def reference(name: str, service_id: UUID) -> str:
    """Return what stands for a service in an address. Only a name with its provider in front is one seller's alone."""
    return name if "/" in name else str(service_id)
