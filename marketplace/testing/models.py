"""Test runs of services, and what came of each document at each interface."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import Identified
from marketplace.catalog.models import AccessInterface, Document, Service


class Purpose(models.TextChoices):
    ACTIVATION = "activation", "Before the review"
    DIAGNOSTIC = "diagnostic", "Asked for"
    MONITORING = "monitoring", "Periodic"
    REPORT = "report", "Run by the seller"


class RunStatus(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Stopped"


class ResultStatus(models.TextChoices):
    SUCCESS = "success", "Passed"
    TASK_FAILED = "task_failed", "Could not run"
    SCRIPT_FAILED = "script_failed", "Failed"
    UNEXPECTED_OUTPUT = "unexpected_output", "Unexpected answer"
    SKIPPED = "skipped", "Not run"


class Outcome(models.TextChoices):
    GATEWAY_PASS = "gateway_pass", "Passed"
    PLATFORM_FAULT = "platform_fault", "The upstream works, the way through the gateway does not"
    UPSTREAM_FAULT = "upstream_fault", "Neither works"
    GATEWAY_ONLY_FAIL = "gateway_only_fail", "The upstream was not asked, or is not at fault"
    ALREADY_PASSED = "already_passed", "Passed before"
    NO_RUNNER = "no_runner", "Nobody runs scripts here"
    NOT_REACHABLE = "not_reachable", "Not reached over HTTP"
    SKIPPED = "skipped", "Skipped by the seller"


class Fault(models.TextChoices):
    SELLER_FILE = "seller_file", "Your files"
    CREDENTIALS = "credentials", "Credentials"
    UPSTREAM = "upstream", "Upstream"
    PLATFORM = "platform", "Platform"


class Source(models.TextChoices):
    PROBE = "probe", "Request through the gateway"
    SCRIPT = "script", "Script"
    REPORTED = "reported", "Reported by the seller"


OPEN = (RunStatus.QUEUED, RunStatus.RUNNING)


class TestRun(Identified):
    """One pass over the tests of a service. Its id is the task id that the seller's client polls.

    content_hash: what was tested. direct_reference: under which calls go straight to the upstream; script_reference:
    under which the script that runs now calls the gateway.
    """

    __test__ = False

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="test_runs")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    status = models.CharField(max_length=9, choices=RunStatus.choices, default=RunStatus.QUEUED)
    content_hash = models.CharField(max_length=64)
    snapshot_status = models.CharField(max_length=10, help_text="Of the service when the run was asked for.")
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    category = models.CharField(max_length=30, blank=True)
    force = models.BooleanField(default=False, help_text="Also what has passed before.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True, help_text="When its worker last did something.")
    finished_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    direct_reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    script_reference = models.UUIDField(null=True, unique=True, editable=False)
    total = models.PositiveIntegerField(default=0, help_text="How many results it will have.")
    success_count = models.PositiveIntegerField(default=0)
    fail_count = models.PositiveIntegerField(default=0)
    skipped_count = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["service"], condition=Q(status__in=["queued", "running"]), name="one_open_test_run_per_service"
            ),
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="test_run_status_is_known"),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="test_run_purpose_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running"], finished_at__isnull=True)
                | (~Q(status__in=["queued", "running"]) & Q(finished_at__isnull=False)),
                name="test_run_that_ended_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["service", "-requested_at", "-id"], name="test_runs_of_service"),
            models.Index(fields=["requested_at"], condition=Q(status__in=["queued", "running"]), name="test_runs_open"),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.requested_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def has_passed(self) -> bool:
        return self.status == RunStatus.COMPLETED and self.fail_count == 0

    @property
    def done(self) -> int:
        """How many results there are."""
        return self.success_count + self.fail_count + self.skipped_count


class TestResult(Identified):
    """What came of one document at one interface. document null: a request that the platform made up itself.

    channel: the only one that it was to use, or "". upstream_channels: {channel: {status, error, ...}} of the calls
    straight to the upstream. is_pruned: the long texts were forgotten.
    """

    __test__ = False

    run = models.ForeignKey(TestRun, on_delete=models.CASCADE, related_name="results")
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.CASCADE, related_name="test_results")
    document_title = models.CharField(max_length=255, blank=True)
    category = models.CharField(max_length=30, blank=True)
    interface = models.ForeignKey(
        AccessInterface, null=True, blank=True, on_delete=models.SET_NULL, related_name="test_results"
    )
    interface_name = models.CharField(max_length=255, blank=True)
    channel = models.CharField(max_length=255, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    status = models.CharField(max_length=17, choices=ResultStatus.choices)
    outcome = models.CharField(max_length=17, choices=Outcome.choices, blank=True)
    fault = models.CharField(max_length=11, choices=Fault.choices, blank=True)
    exit_code = models.IntegerField(null=True, blank=True)
    error = models.TextField(blank=True)
    stdout = models.TextField(blank=True)
    stderr = models.TextField(blank=True)
    env = models.JSONField(default=dict, blank=True, help_text="Keys masked.")
    rendered_script = models.TextField(blank=True)
    upstream_channels = models.JSONField(default=dict, blank=True)
    executed_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(default=0)
    is_pruned = models.BooleanField(default=False)

    class Meta:
        ordering = ["executed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "document", "interface", "channel", "source"],
                nulls_distinct=False,
                name="one_result_per_cell_of_a_test_run",
            ),
            models.CheckConstraint(condition=Q(status__in=ResultStatus.values), name="test_result_status_is_known"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="test_result_source_is_known"),
        ]
        indexes = [
            models.Index(fields=["document", "-executed_at"], name="test_results_of_document"),
            models.Index(fields=["executed_at"], condition=Q(is_pruned=False), name="test_results_with_details"),
        ]

    def __str__(self) -> str:
        return f"{self.document_title}: {self.get_status_display().lower()}"

    @property
    def is_failure(self) -> bool:
        return self.status not in {ResultStatus.SUCCESS, ResultStatus.SKIPPED}
