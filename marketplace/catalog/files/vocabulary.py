"""The words that sellers' files may use, and the words that the published clients understand in answers."""

from __future__ import annotations

STATUSES = ("draft", "ready", "deprecated")
GROUP_STATUSES = ("draft", "active", "private", "archived")
PROMOTION_STATUSES = ("draft", "active", "paused")
SELLER_TYPES = ("individual", "organization", "partnership", "corporation")
VISIBILITIES = ("public", "unlisted", "private")
CURRENCIES = (
    "USD",
    "EUR",
    "GBP",
    "JPY",
    "CNY",
    "CAD",
    "AUD",
    "CHF",
    "INR",
    "KRW",
    "BTC",
    "ETH",
    "USDT",
    "USDC",
    "TAO",
    "CREDITS",
)
#: How a service is reached. The clients decode exactly these.
SERVICE_TYPES = (
    "llm",
    "embedding",
    "image_generation",
    "notification",
    "email",
    "content",
    "streaming",
    "compute",
    "proxy",
    "gateway",
    "mcp",
    "database",
    "monitoring",
    "analytics",
)
#: Older words, which say what a service can do rather than how it is reached: each with the type to answer with.
MODALITIES = {
    "text_to_image": "image_generation",
    "vision_language_model": "llm",
    "speech_to_text": "llm",
    "text_to_speech": "llm",
    "video_generation": "llm",
    "text_to_3d": "llm",
    "streaming_transcription": "llm",
    "prerecorded_transcription": "llm",
    "prerecorded_translation": "llm",
}
UNDETERMINED = "undetermined"
#: What answers say for a type outside the closed list.
FALLBACK_SERVICE_TYPE = "proxy"

ACCESS_METHODS = ("http", "websocket", "grpc", "smtp", "mcp")
#: Accepted in files although the clients do not know them.
OTHER_ACCESS_METHODS = ("s3", "ssh")

MIME_TYPES = (
    "markdown",
    "python",
    "javascript",
    "bash",
    "html",
    "json",
    "text",
    "pdf",
    "jpeg",
    "png",
    "svg",
    "webp",
    "url",
)
CATEGORIES = (
    "getting_started",
    "api_reference",
    "tutorial",
    "code_example",
    "code_example_output",
    "connectivity_test",
    "request_template",
    "use_case",
    "troubleshooting",
    "changelog",
    "best_practice",
    "specification",
    "service_level_agreement",
    "terms_of_service",
    "statement",
    "invoice",
    "logo",
    "avatar",
    "blog_content",
    "blog_banner",
    "attachment",
    "other",
)

RATE_LIMIT_UNITS = ("requests", "tokens", "input_tokens", "output_tokens", "bytes", "concurrent")
RATE_LIMIT_WINDOWS = ("second", "minute", "hour", "day", "month")
QUOTA_RESET_CYCLES = ("daily", "weekly", "monthly", "yearly")
OVERAGE_POLICIES = ("block", "throttle", "charge", "queue")
AUTH_METHODS = ("api_key", "oauth", "jwt", "bearer_token", "basic_auth")
CONTENT_FILTERS = ("adult", "violence", "hate_speech", "profanity", "pii")


def emitted_service_type(service_type: str) -> str:
    """Return the word for answers: one that every published client decodes."""
    if service_type in SERVICE_TYPES:
        return service_type
    return MODALITIES.get(service_type, FALLBACK_SERVICE_TYPE)


def emitted_access_method(access_method: str) -> str:
    """Return the word for answers: one that every published client decodes."""
    return access_method if access_method in ACCESS_METHODS else "http"
