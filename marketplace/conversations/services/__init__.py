"""Every write of conversations."""

from marketplace.conversations.services.limits import TooManyMessages
from marketplace.conversations.services.opening import AskAsCustomer, ask, check_may_ask, request_help
from marketplace.conversations.services.writing import (
    ConversationClosed,
    close,
    mark_seen,
    reopen,
    write,
)

__all__ = [
    "AskAsCustomer",
    "ConversationClosed",
    "TooManyMessages",
    "ask",
    "check_may_ask",
    "close",
    "mark_seen",
    "reopen",
    "request_help",
    "write",
]
