import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):
    dependencies = [
        ("partnerships", "0005_charges"),
        ("courses", "0008_tasks"),
        ("bookings", "0016_calendar_feeds"),
    ]

    operations = [
        migrations.CreateModel(
            name="Prerequisite",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "training",
                    models.CharField(blank=True, help_text="What it was called.", max_length=200),
                ),
                ("completed_on", models.DateField(blank=True, null=True)),
                ("given_at", models.DateTimeField()),
                (
                    "evidence_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("application/pdf", "PDF"),
                            ("image/png", "PNG picture"),
                            ("image/jpeg", "JPEG picture"),
                        ],
                        max_length=20,
                    ),
                ),
                ("evidence_deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "booking",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prerequisite",
                        to="bookings.booking",
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partnerships.person",
                    ),
                ),
                (
                    "partnership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partnerships.partnership",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("completed_on__isnull", True), ("training", ""))
                        | (models.Q(("training", ""), _negated=True) & models.Q(("completed_on__isnull", False))),
                        name="declaration_names_training_and_date",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("training", ""), _negated=True)
                        | models.Q(("evidence_type", ""), _negated=True)
                        | models.Q(("evidence_deleted_at__isnull", False)),
                        name="prerequisite_is_declared_or_shown",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EvidenceFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content", models.BinaryField()),
                (
                    "partnership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partnerships.partnership",
                    ),
                ),
                (
                    "prerequisite",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="file",
                        to="bookings.prerequisite",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("content"), 5242880
                        ),
                        name="evidence_is_small",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TaskDone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("done_at", models.DateTimeField()),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tasks_done",
                        to="bookings.booking",
                    ),
                ),
                (
                    "partnership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partnerships.partnership",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="done",
                        to="courses.coursetask",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("partnership", "booking", "task"), name="task_done_once")
                ],
            },
        ),
        ProtectTenantTables(),
    ]
