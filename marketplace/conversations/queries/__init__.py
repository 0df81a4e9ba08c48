"""Reads of conversations: threads, the inbox, what is unread."""

from marketplace.conversations.queries.inbox import Filters, Inbox, Row, inbox
from marketplace.conversations.queries.threads import (
    attachment,
    by_id,
    conversation,
    conversations,
    last_writer,
    lock_conversation,
    lock_team,
    messages,
    others_have_seen,
    sent_bytes,
    sent_since,
    side_of,
    started_since,
    unread_threads,
    writers,
)

__all__ = [
    "Filters",
    "Inbox",
    "Row",
    "attachment",
    "by_id",
    "conversation",
    "conversations",
    "inbox",
    "last_writer",
    "lock_conversation",
    "lock_team",
    "messages",
    "others_have_seen",
    "sent_bytes",
    "sent_since",
    "side_of",
    "started_since",
    "unread_threads",
    "writers",
]
