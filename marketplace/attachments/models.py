"""The columns of a file that hangs on a message. Each kind of message has a table of its own."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.models import Identified


class AttachedFile(Identified):
    """Never changed and never deleted, as the message that it hangs on. object_name: in the private storage."""

    filename = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="Bytes.")
    object_name = models.CharField(max_length=200, unique=True)

    class Meta:
        abstract = True
        ordering = ["created_at", "filename"]
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0) & ~Q(filename=""), name="%(class)s_is_a_file"),
        ]

    def __str__(self) -> str:
        return self.filename
