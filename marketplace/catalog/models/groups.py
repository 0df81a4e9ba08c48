"""Groups of services: by a rule or by a list, in a tree."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.teams.models import Team
from common.models import Identified
from marketplace.catalog.models.services import Service


class GroupStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    PRIVATE = "private", "Private"
    ARCHIVED = "archived", "Archived"


class ServiceGroup(Identified):
    """A group. Without an owner it is the platform's. Members come from `expression`, else from `members_wanted`."""

    owner = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="service_groups")
    name = models.CharField(max_length=120)
    display_name = models.CharField(max_length=200)
    description = models.CharField(max_length=2000, blank=True)
    status = models.CharField(max_length=8, choices=GroupStatus.choices, default=GroupStatus.DRAFT)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    expression = models.TextField(blank=True)
    members_wanted = models.JSONField(default=list, blank=True, help_text="[{name, routing_key?}]: members by name.")
    routing_policy = models.JSONField(null=True, blank=True)
    sort_order = models.IntegerField(default=0)
    rule_revision = models.PositiveIntegerField(default=1, help_text="Counts what the members were chosen by.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["sort_order", "name"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], nulls_distinct=False, name="group_name_once"),
            models.CheckConstraint(condition=Q(status__in=GroupStatus.values), name="group_status_is_known"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="group_is_not_its_own_parent"),
            models.CheckConstraint(
                condition=Q(expression="") | Q(members_wanted=[]), name="group_members_by_rule_or_by_name"
            ),
        ]
        indexes = [models.Index(fields=["owner", "-created_at", "-id"], name="groups_of_seller")]

    def __str__(self) -> str:
        return self.display_name or self.name


class GroupMember(models.Model):
    """A service in a group, with the routing key it answers to there."""

    group = models.ForeignKey(ServiceGroup, on_delete=models.CASCADE, related_name="members")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="group_members")
    routing_key = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "service"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.service_id} in {self.group_id}"


class MembershipCause(models.TextChoices):
    RULE = "rule", "The rule or the list changed"
    SERVICE = "service", "The service changed"
    DELETED = "deleted", "The group was deleted"


class MembershipChange(models.Model):
    """A service joined or left a group: when, why, and by which revision of what rule. Written once, and kept for ever.

    It outlives the group and the service; so it has their names, and no constraint holds it to them.
    rule: the expression as it was, empty where members are chosen by name.
    """

    group = models.ForeignKey(
        ServiceGroup,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="membership_changes",
    )
    service = models.ForeignKey(
        Service, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    group_name = models.CharField(max_length=120)
    service_name = models.CharField(max_length=255)
    has_joined = models.BooleanField()
    cause = models.CharField(max_length=8, choices=MembershipCause.choices)
    rule = models.TextField(blank=True)
    rule_revision = models.PositiveIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["group", "-id"], name="membership_changes_of_a_group")]
        constraints = [
            models.CheckConstraint(condition=Q(cause__in=MembershipCause.values), name="membership_cause_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.service_name} {'joined' if self.has_joined else 'left'} {self.group_name}"
