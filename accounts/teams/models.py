"""Teams: who owns things. A customer team buys, a seller team sells; people act for teams in roles."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models

from common.models import Identified


class TeamKind(models.TextChoices):
    CUSTOMER = "customer", "Customer"
    SELLER = "seller", "Seller"


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    ADMIN = "admin", "Administrator"
    DEVELOPER = "developer", "Developer"
    BILLING = "billing", "Billing"
    VIEWER = "viewer", "Viewer"


class Team(Identified):
    kind = models.CharField(max_length=10, choices=TeamKind.choices)
    name = models.CharField(max_length=100, unique=True, help_text="Letters, digits, dots, dashes and underscores.")
    display_name = models.CharField(max_length=200, blank=True)
    contact_email = models.EmailField(blank=True)
    profile = models.JSONField(default=dict, blank=True, help_text="What the seller's file says of the seller.")
    is_verified = models.BooleanField(default=False, help_text="Set by operators alone.")
    is_active = models.BooleanField(default=True)
    personal_for = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="personal_team"
    )
    timezone = models.CharField(max_length=64, default="UTC")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=TeamKind.values), name="team_kind_is_known"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.name

    @property
    def is_seller(self) -> bool:
        return self.kind == TeamKind.SELLER


class MessageMails(models.TextChoices):
    """Which messages a member is mailed. All of them stand in the inbox in any case."""

    ALL = "all", "All messages to this account"
    OWN = "own", "Only answers in conversations in which I have written"
    NONE = "none", "None"


class Membership(models.Model):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.DEVELOPER)
    message_mails = models.CharField(max_length=4, choices=MessageMails.choices, default=MessageMails.ALL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["team__name"]
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_team"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_is_known"),
            models.CheckConstraint(
                condition=models.Q(message_mails__in=MessageMails.values), name="membership_mails_are_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"


class Invitation(Identified):
    """An address that is asked to join. The link in the mail holds the word of which only the digest is kept."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.DEVELOPER)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["email"]
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_is_known"),
            models.UniqueConstraint(
                fields=["team", "email"],
                condition=models.Q(accepted_at__isnull=True),
                name="one_open_invitation_for_an_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.team}"

    def is_open(self, now: datetime) -> bool:
        return self.accepted_at is None and self.expires_at > now
