"""Files that a team or one of its members keeps here. The content is an object of the private storage."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.teams.models import Team
from common.models import Identified


class AccountFile(Identified):
    """key: folders and name, as people write them. user: whose it is; None for the whole team's."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="files")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    key = models.CharField(max_length=1000, db_collation="C")
    size = models.BigIntegerField(help_text="Bytes.")
    content_type = models.CharField(max_length=200)
    object_name = models.CharField(max_length=200, unique=True)
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user", "key"], name="one_account_file_per_key", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(size__gte=0), name="account_file_size_is_not_negative"),
            models.CheckConstraint(condition=~Q(key=""), name="account_files_have_a_key"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def filename(self) -> str:
        return self.key.rpartition("/")[2]
