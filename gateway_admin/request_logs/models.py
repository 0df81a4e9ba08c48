"""Calls as their customers can read them later. Rows are written by gateways, through the functions in migrations/."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.teams.models import Team
from common.models import Identified


class Mode(models.TextChoices):
    NONE = "none", "Only what each call was"
    TRUNCATED = "truncated", "The first 8 KB of bodies"
    COMPLETE = "complete", "Whole bodies, up to 2 MB"


class RequestLog(models.Model):
    """A call, or an attempt that was a part of one: then call_id names the call, else it is the id itself.

    Partitioned by day, by the id, whose first 48 bits are the milliseconds at which it was made: newest first is by id.
    An id is the request id that the client saw, and the event id of the charge, when has_event.
    The references are not foreign keys: rows outlive what they name, and a partition is dropped as a whole.

    status: what the client got, or for a part what its upstream said; 0 for nothing. latency_ms: of the whole.
    upstream_ms: from the sending to the end of the answer. ttfb_ms: until the answer began.
    alias: what was called by a name, "a/llm". primitives: the letters of the path, "lma". session: the client's word.
    stages: {"group", "failed", "way", "copied", "answered_by"}, as far as the call had them.
    error_source: "" or client, gateway, upstream, money, limit. log: what of the bodies was asked for.
    is_told: written from the client's side; else only what the usage event says is known.
    """

    id = models.UUIDField(primary_key=True)
    call_id = models.UUIDField()
    team_id = models.UUIDField()
    started_at = models.DateTimeField()
    api_key_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    origin = models.CharField(max_length=16, default="call")
    origin_id = models.UUIDField(null=True)
    session = models.CharField(max_length=100, blank=True)
    method = models.CharField(max_length=32)
    path = models.CharField(max_length=500)
    primitives = models.CharField(max_length=16, blank=True)
    alias = models.CharField(max_length=80, blank=True)
    routing_key = models.JSONField(null=True)
    service_id = models.UUIDField(null=True)
    enrollment_id = models.UUIDField(null=True)
    channel = models.TextField(blank=True)
    gateway_id = models.TextField(blank=True)
    role = models.CharField(max_length=16, default="primary")
    outcome = models.CharField(max_length=16, blank=True)
    status = models.SmallIntegerField(default=0)
    upstream_status = models.SmallIntegerField(null=True)
    latency_ms = models.FloatField(default=0)
    upstream_ms = models.FloatField(null=True)
    ttfb_ms = models.FloatField(null=True)
    request_bytes = models.BigIntegerField(default=0)
    response_bytes = models.BigIntegerField(default=0)
    usage = models.JSONField(default=dict)
    flags = models.JSONField(default=list)
    memo = models.CharField(max_length=8, blank=True)
    memo_age_seconds = models.IntegerField(null=True)
    stages = models.JSONField(default=dict)
    error_source = models.CharField(max_length=8, blank=True)
    error_type = models.CharField(max_length=64, blank=True)
    error_message = models.CharField(max_length=500, blank=True)
    log = models.CharField(max_length=9, default=Mode.NONE)
    has_event = models.BooleanField(default=False)
    is_told = models.BooleanField(default=False)
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.method} {self.path[:60]} {self.status}"

    @property
    def is_call(self) -> bool:
        return self.call_id == self.id

    @property
    def is_error(self) -> bool:
        return self.error_source != ""


class KeptBodies(models.Model):
    """Headers and bodies of a call, without secrets. Partitioned as the rows are, and dropped sooner.

    A body stands in its column, or is in `parts` pieces on its way to the object `…_object`. …_size: of all of it.
    …_why_not: why nothing of it is kept, in a sentence.
    """

    id = models.UUIDField(primary_key=True)
    team_id = models.UUIDField()
    query = models.TextField(blank=True)
    request_headers = models.JSONField(default=dict)
    response_headers = models.JSONField(default=dict)
    request_body = models.BinaryField()
    request_size = models.BigIntegerField(default=0)
    request_is_cut = models.BooleanField(default=False)
    request_parts = models.SmallIntegerField(default=0)
    request_object = models.CharField(max_length=200, blank=True)
    request_why_not = models.CharField(max_length=200, blank=True)
    response_body = models.BinaryField()
    response_size = models.BigIntegerField(default=0)
    response_is_cut = models.BooleanField(default=False)
    response_parts = models.SmallIntegerField(default=0)
    response_object = models.CharField(max_length=200, blank=True)
    response_why_not = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "kept bodies"
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.id)


class BodyPart(models.Model):
    """A piece of a large body, until all of them are put together in an object."""

    log_id = models.UUIDField()
    side = models.CharField(max_length=8)
    number = models.SmallIntegerField()
    bytes = models.BinaryField()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["log_id", "side", "number"]
        constraints = [models.UniqueConstraint(fields=["log_id", "side", "number"], name="body_part_once")]
        indexes = [models.Index(fields=["received_at"], name="body_part_age")]

    def __str__(self) -> str:
        return f"{self.log_id} {self.side} {self.number}"


class LogSetting(models.Model):
    """What a team wants kept, and for how long. Days: None for what its plan gives, never more than that."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, primary_key=True, related_name="log_setting")
    mode = models.CharField(max_length=9, choices=Mode.choices, default=Mode.NONE)
    keep_days = models.PositiveSmallIntegerField(null=True, blank=True)
    keep_bodies_days = models.PositiveSmallIntegerField(null=True, blank=True)
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(mode__in=Mode.values), name="log_mode_is_known"),
            models.CheckConstraint(
                condition=(models.Q(keep_days__isnull=True) | models.Q(keep_days__gte=1))
                & (models.Q(keep_bodies_days__isnull=True) | models.Q(keep_bodies_days__gte=1)),
                name="log_is_kept_for_a_day_at_least",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team}: {self.mode}"


class Forgetting(Identified):
    """That somebody had the bodies of a call removed. Outlives the row."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    log_id = models.UUIDField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    through = models.CharField(max_length=100, help_text="A page, or the name of an API key.")

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["team", "-created_at"], name="forgettings_of_a_team")]

    def __str__(self) -> str:
        return f"{self.log_id} by {self.by or self.through}"
