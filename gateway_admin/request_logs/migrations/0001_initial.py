import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from common.sql import run_file

UNDO = "DROP TABLE request_logs_requestlog, request_logs_keptbodies"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("teams", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BodyPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("log_id", models.UUIDField()),
                ("side", models.CharField(max_length=8)),
                ("number", models.SmallIntegerField()),
                ("bytes", models.BinaryField()),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["log_id", "side", "number"],
                "indexes": [models.Index(fields=["received_at"], name="body_part_age")],
                "constraints": [models.UniqueConstraint(fields=("log_id", "side", "number"), name="body_part_once")],
            },
        ),
        migrations.CreateModel(
            name="Forgetting",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("log_id", models.UUIDField()),
                ("through", models.CharField(help_text="A page, or the name of an API key.", max_length=100)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="teams.team"),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "indexes": [models.Index(fields=["team", "-created_at"], name="forgettings_of_a_team")],
            },
        ),
        migrations.CreateModel(
            name="LogSetting",
            fields=[
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="log_setting",
                        serialize=False,
                        to="teams.team",
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("none", "Only what each call was"),
                            ("truncated", "The first 8 KB of bodies"),
                            ("complete", "Whole bodies, up to 2 MB"),
                        ],
                        default="none",
                        max_length=9,
                    ),
                ),
                ("keep_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("keep_bodies_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("updated_at", models.DateTimeField()),
                (
                    "updated_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("mode__in", ["none", "truncated", "complete"])), name="log_mode_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("keep_days__isnull", True), ("keep_days__gte", 1), _connector="OR"),
                            models.Q(("keep_bodies_days__isnull", True), ("keep_bodies_days__gte", 1), _connector="OR"),
                        ),
                        name="log_is_kept_for_a_day_at_least",
                    ),
                ],
            },
        ),
        # partitioned tables are not what Django would make of the models
        migrations.SeparateDatabaseAndState(
            database_operations=[run_file(__file__, "tables.sql", undo=UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="KeptBodies",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("team_id", models.UUIDField()),
                        ("query", models.TextField(blank=True)),
                        ("request_headers", models.JSONField(default=dict)),
                        ("response_headers", models.JSONField(default=dict)),
                        ("request_body", models.BinaryField()),
                        ("request_size", models.BigIntegerField(default=0)),
                        ("request_is_cut", models.BooleanField(default=False)),
                        ("request_parts", models.SmallIntegerField(default=0)),
                        ("request_object", models.CharField(blank=True, max_length=200)),
                        ("request_why_not", models.CharField(blank=True, max_length=200)),
                        ("response_body", models.BinaryField()),
                        ("response_size", models.BigIntegerField(default=0)),
                        ("response_is_cut", models.BooleanField(default=False)),
                        ("response_parts", models.SmallIntegerField(default=0)),
                        ("response_object", models.CharField(blank=True, max_length=200)),
                        ("response_why_not", models.CharField(blank=True, max_length=200)),
                    ],
                    options={
                        "verbose_name_plural": "kept bodies",
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="RequestLog",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("call_id", models.UUIDField()),
                        ("team_id", models.UUIDField()),
                        ("started_at", models.DateTimeField()),
                        ("api_key_id", models.UUIDField(null=True)),
                        ("user_id", models.UUIDField(null=True)),
                        ("origin", models.CharField(default="call", max_length=16)),
                        ("origin_id", models.UUIDField(null=True)),
                        ("session", models.CharField(blank=True, max_length=100)),
                        ("method", models.CharField(max_length=32)),
                        ("path", models.CharField(max_length=500)),
                        ("primitives", models.CharField(blank=True, max_length=16)),
                        ("alias", models.CharField(blank=True, max_length=80)),
                        ("routing_key", models.JSONField(null=True)),
                        ("service_id", models.UUIDField(null=True)),
                        ("enrollment_id", models.UUIDField(null=True)),
                        ("channel", models.TextField(blank=True)),
                        ("gateway_id", models.TextField(blank=True)),
                        ("role", models.CharField(default="primary", max_length=16)),
                        ("outcome", models.CharField(blank=True, max_length=16)),
                        ("status", models.SmallIntegerField(default=0)),
                        ("upstream_status", models.SmallIntegerField(null=True)),
                        ("latency_ms", models.FloatField(default=0)),
                        ("upstream_ms", models.FloatField(null=True)),
                        ("ttfb_ms", models.FloatField(null=True)),
                        ("request_bytes", models.BigIntegerField(default=0)),
                        ("response_bytes", models.BigIntegerField(default=0)),
                        ("usage", models.JSONField(default=dict)),
                        ("flags", models.JSONField(default=list)),
                        ("memo", models.CharField(blank=True, max_length=8)),
                        ("memo_age_seconds", models.IntegerField(null=True)),
                        ("stages", models.JSONField(default=dict)),
                        ("error_source", models.CharField(blank=True, max_length=8)),
                        ("error_type", models.CharField(blank=True, max_length=64)),
                        ("error_message", models.CharField(blank=True, max_length=500)),
                        ("log", models.CharField(default="none", max_length=9)),
                        ("has_event", models.BooleanField(default=False)),
                        ("is_told", models.BooleanField(default=False)),
                        ("forgotten_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "ordering": ["-id"],
                    },
                ),
            ],
        ),
    ]
