"""What the JSON of chains and of broadcasts has in common. Rows are answered as they are: schemas read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema


class CompositeOut(Schema):
    """What is told of either. owner_id, details: the published clients read them; they are always empty."""

    id: UUID
    customer_id: UUID
    owner_id: UUID | None
    name: str
    description: str | None
    enabled: bool
    details: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime | None

    @staticmethod
    def resolve_customer_id(row: Any) -> UUID:
        return row.team_id

    @staticmethod
    def resolve_owner_id(_row: Any) -> None:
        return None

    @staticmethod
    def resolve_description(row: Any) -> str | None:
        return row.description or None

    @staticmethod
    def resolve_details(_row: Any) -> None:
        return None


class Message(Schema):
    message: str
