"""Writes about people."""

from __future__ import annotations

from accounts.users.models import User


def rename(*, user: User, full_name: str) -> None:
    """Say by which name others see a person. Without one they see the account alone."""
    user.full_name = " ".join(full_name.split())
    user.save(update_fields=["full_name"])
