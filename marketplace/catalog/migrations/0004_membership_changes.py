from django.db import migrations, models

from common import sql

UNDO = "DROP TRIGGER catalog_membershipchange_append_only ON catalog_membershipchange"
CAUSES = [
    ("rule", "The rule or the list changed"),
    ("service", "The service changed"),
    ("deleted", "The group was deleted"),
]


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_rule_revision"), ("ledger", "0002_rules")]

    operations = [
        migrations.CreateModel(
            name="MembershipChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("group_name", models.CharField(max_length=120)),
                ("service_name", models.CharField(max_length=255)),
                ("has_joined", models.BooleanField()),
                ("cause", models.CharField(choices=CAUSES, max_length=8)),
                ("rule", models.TextField(blank=True)),
                ("rule_revision", models.PositiveIntegerField()),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "group",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.DO_NOTHING,
                        related_name="membership_changes",
                        to="catalog.servicegroup",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=models.DO_NOTHING,
                        related_name="+",
                        to="catalog.service",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["group", "-id"], name="membership_changes_of_a_group")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("cause__in", ["rule", "service", "deleted"])),
                        name="membership_cause_is_known",
                    )
                ],
            },
        ),
        sql.run_file(__file__, "0004_membership_changes.sql", undo=UNDO),
    ]
