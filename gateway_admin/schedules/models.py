"""Calls that are kept for later, their runs, and answers that are kept for who asks for them."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.teams.models import Team
from common.models import Identified
from gateway_admin.api_keys.models import ApiKey
from marketplace.catalog.models import Service
from marketplace.enrollments.models import Enrollment

#: Methods that change nothing at the upstream: a run that may have been made can be made again.
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Schedule(Identified):
    """A call to be made later, once or again and again. Registered by /r/ and /d/ at a gateway, or through the API.

    path: of the gateway, with the wrappers and parameters that act on each run. headers: without credentials.
    body: bytes that are sent as they are; body_template: JSON that is filled in for each run, and goes before them.
    schedule: as the customers' API shows it. due_at: of the next run; null when a cron expression is to tell it.
    digest: of everything that the call is, so that the same name with the same call registers once.
    created_by: with whose rights it runs; api_key: with which key it was registered, if with one.
    service, enrollment: what its owner says that it calls; where its runs lead, the path says.
    """

    class Kind(models.TextChoices):
        RECURRENT = "recurrent", "Repeated"
        DELAYED = "delayed", "Delayed"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    class Overlap(models.TextChoices):
        SKIP = "skip", "Leave the new run out"
        QUEUE = "queue", "Let it wait for the one before"
        ALLOW = "allow", "Make both at the same time"

    class CatchUp(models.TextChoices):
        SKIP = "skip", "Leave missed runs out"
        LATEST = "latest", "Make the most recent one"
        ALL = "all", "Make all of them, one after the other"

    class Delivery(models.TextChoices):
        BY_METHOD = "", "As the method allows"
        AT_MOST_ONCE = "at_most_once", "At most once"
        AT_LEAST_ONCE = "at_least_once", "At least once"

    class Match(models.TextChoices):
        CONTAINS = "contains", "contains this text"
        EQUALS = "equals", "is this text"
        JSON = "json", "is JSON that has at least this in it"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="schedules")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    name = models.CharField(max_length=200, blank=True)
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    enrollment = models.ForeignKey(Enrollment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    method = models.CharField(max_length=16, default="POST")
    path = models.CharField(max_length=8192)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    body_template = models.JSONField(null=True, blank=True)
    expected_status = models.CharField(max_length=100, blank=True, default="", db_default="")
    expected_body = models.TextField(blank=True, default="", db_default="")
    match = models.CharField(
        max_length=8, choices=Match.choices, default=Match.CONTAINS, db_default=Match.CONTAINS.value
    )
    schedule = models.JSONField(null=True)
    due_at = models.DateTimeField(null=True, blank=True)
    overlap = models.CharField(
        max_length=8, choices=Overlap.choices, default=Overlap.SKIP, db_default=Overlap.SKIP.value
    )
    catch_up = models.CharField(
        max_length=8, choices=CatchUp.choices, default=CatchUp.SKIP, db_default=CatchUp.SKIP.value
    )
    catch_up_seconds = models.PositiveIntegerField(default=3600, db_default=3600)
    delivery = models.CharField(
        max_length=16, choices=Delivery.choices, blank=True, default="", db_default="", help_text="Of unsafe methods."
    )
    timeout_seconds = models.PositiveIntegerField(default=120, db_default=120)
    notify_after = models.PositiveSmallIntegerField(default=3, db_default=3)
    pause_after = models.PositiveSmallIntegerField(default=10, db_default=10)
    failures = models.PositiveIntegerField(default=0, db_default=0, help_text="Failed runs in a row.")
    pause_reason = models.TextField(blank=True, default="", db_default="")
    notice = models.CharField(
        max_length=8, blank=True, default="", db_default="", help_text="What the team has not been told yet."
    )
    last_run_at = models.DateTimeField(null=True, blank=True)
    last_state = models.CharField(max_length=16, blank=True, default="", db_default="")
    is_notice = models.BooleanField(
        default=False, db_default=False, help_text="Tells of another schedule, and is not told of itself."
    )
    digest = models.CharField(max_length=64, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"],
                condition=~Q(name="") & ~Q(state="cancelled"),
                name="schedule_name_once_per_team",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "cancelled"]) | Q(schedule__isnull=False),
                name="schedule_says_when_once_it_is_active",
            ),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(kind="delayed") | Q(due_at__isnull=False),
                name="schedule_at_work_is_due_some_time",
            ),
            models.CheckConstraint(
                condition=Q(timeout_seconds__gte=1, timeout_seconds__lte=600), name="schedule_timeout_is_in_bounds"
            ),
            models.CheckConstraint(
                condition=Q(pause_after__gte=1, notify_after__gte=1), name="schedule_streaks_begin_at_one"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="active"), name="schedule_due"),
            models.Index(fields=["team", "kind", "-created_at"], name="schedules_of_team"),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.method} {self.path[:80]}"

    def get_absolute_url(self) -> str:
        return reverse("schedules:detail", args=[self.pk])

    @property
    def is_recurrent(self) -> bool:
        return self.kind == self.Kind.RECURRENT

    @property
    def is_repeatable(self) -> bool:
        """Return whether a run that may have been made is made again when nobody knows how it ended."""
        if self.delivery == self.Delivery.BY_METHOD:
            return self.method in SAFE_METHODS
        return self.delivery == self.Delivery.AT_LEAST_ONCE

    @property
    def max_age(self) -> timedelta:
        return timedelta(seconds=self.catch_up_seconds)


class ScheduleQuota(models.Model):
    """How many calls for later a team may have, when it is not the usual 1,000."""

    team = models.OneToOneField(Team, primary_key=True, on_delete=models.CASCADE, related_name="+")
    most = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.team}: {self.most}"


class RunState(models.TextChoices):
    PENDING = "pending", "Due"
    STARTED = "started", "Running"
    DONE = "done", "Succeeded"
    FAILED = "failed", "Failed"
    REFUSED = "refused", "Refused"
    UNKNOWN = "unknown", "Not known"
    SKIPPED = "skipped", "Left out"
    CANCELLED = "cancelled", "Cancelled"


#: A run in one of these states counts as a failure.
FAILURES = (RunState.FAILED, RunState.REFUSED, RunState.UNKNOWN)
OPEN = (RunState.PENDING, RunState.STARTED)


class Run(models.Model):
    """One firing of a schedule: its primary key is the schedule and the time at which it was due.

    id: made of the two, sent upstream as the idempotency key with every attempt. not_before: no attempt before it.
    worker, lease_until: who makes it and until when nobody else may; attempt: from 1. slots: how many due times a run
    that was left out stands for. request_id: of the gateway, and of its log row and its charge. sent: what was sent,
    {"method", "path", "headers", "body"}, the body as text. response_body: cleared of secrets by the gateway, cut at
    RESPONSE_BYTES; response_size: of the whole. checks: [{"what", "ok", "expected", "got"}]. error, error_code: why
    there is no answer, or why the run was not made. replay_of: the id of the run that was made again.
    """

    class Kind(models.TextChoices):
        DUE = "due", "By the schedule"
        MANUAL = "manual", "Run now"
        REPLAY = "replay", "Replay"

    pk = models.CompositePrimaryKey("schedule_id", "due_at")
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="runs", db_index=False)
    due_at = models.DateTimeField()
    id = models.UUIDField(unique=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices, db_default=Kind.DUE.value, default=Kind.DUE)
    state = models.CharField(max_length=16, choices=RunState.choices)
    slots = models.PositiveIntegerField(default=1, db_default=1)
    not_before = models.DateTimeField()
    attempt = models.PositiveSmallIntegerField(default=0, db_default=0)
    worker = models.CharField(max_length=100, blank=True, default="", db_default="")
    lease_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    request_id = models.UUIDField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    sent = models.JSONField(null=True)
    response_headers = models.JSONField(null=True)
    response_body = models.BinaryField(null=True)
    response_size = models.PositiveBigIntegerField(null=True)
    checks = models.JSONField(default=list, db_default=[])
    error_code = models.CharField(max_length=64, blank=True, default="", db_default="")
    error = models.TextField(blank=True, default="", db_default="")
    replay_of = models.UUIDField(null=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["-due_at"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="run_state_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "skipped", "cancelled", "refused"]) | Q(started_at__isnull=False),
                name="run_that_began_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "started"]) | Q(finished_at__isnull=False),
                name="run_that_ended_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="started") | Q(lease_until__isnull=False) & ~Q(worker=""),
                name="run_under_way_is_somebodys",
            ),
        ]
        indexes = [
            models.Index(fields=["not_before"], condition=Q(state="pending"), name="run_waiting"),
            models.Index(fields=["schedule", "due_at"], condition=Q(state__in=["pending", "started"]), name="run_open"),
            models.Index(fields=["lease_until"], condition=Q(state="started"), name="run_leased"),
            models.Index(fields=["due_at"], name="run_age"),
            models.Index(fields=["team", "-due_at"], name="run_of_team"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} at {self.due_at:%Y-%m-%d %H:%M:%S}"

    @property
    def lateness(self) -> timedelta | None:
        """Return how long after its time the run began."""
        return self.started_at - self.due_at if self.started_at else None

    @property
    def took(self) -> timedelta | None:
        return self.finished_at - self.started_at if self.finished_at and self.started_at else None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_failure(self) -> bool:
        return self.state in FAILURES

    @property
    def text(self) -> str:
        """Return the answer as text."""
        return bytes(self.response_body or b"").decode("utf-8", "replace")

    @property
    def is_cut(self) -> bool:
        """Return whether there was more of the answer than is kept."""
        return self.response_size is not None and self.response_size > len(bytes(self.response_body or b""))


class TaskAnswer(models.Model):
    """One target of an asynchronous broadcast: begun, and answered when `answer` is there. Kept for a week."""

    id = models.UUIDField(primary_key=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    broadcast = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    answer = models.JSONField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["created_at"], name="task_answer_age")]

    def __str__(self) -> str:
        return f"{self.broadcast}: {self.name}"
