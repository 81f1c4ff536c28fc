import django.db.models.deletion
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


def _partnership() -> models.ForeignKey:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partnerships.partnership"
    )


class Migration(migrations.Migration):
    dependencies = [("partnerships", "0004_audit_by_action"), ("notifications", "0004_message_by_state")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="not_before",
            field=models.DateTimeField(blank=True, help_text="Waits until quiet hours are over.", null=True),
        ),
        migrations.AlterField(
            model_name="message",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Waiting to be sent"),
                    ("sending", "Being sent"),
                    ("sent", "Sent"),
                    ("failed", "Could not be sent"),
                    ("dropped", "No longer needed"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("state", "queued")),
                fields=["partnership", "not_before"],
                name="message_held",
            ),
        ),
        migrations.CreateModel(
            name="MessageTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(max_length=60)),
                ("title", models.CharField(max_length=200)),
                ("opening", models.TextField()),
                ("middle", models.TextField(blank=True)),
                ("closing", models.TextField(blank=True)),
                ("in_use", models.BooleanField(default=True)),
                ("partnership", _partnership()),
            ],
        ),
        migrations.AddConstraint(
            model_name="messagetemplate",
            constraint=models.UniqueConstraint(
                fields=("partnership", "purpose"), name="one_template_per_purpose"
            ),
        ),
        migrations.CreateModel(
            name="MessagePreference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("category", models.CharField(max_length=40)),
                ("wanted", models.BooleanField()),
                ("partnership", _partnership()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="message_preferences",
                        to="partnerships.person",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="messagepreference",
            constraint=models.UniqueConstraint(
                fields=("partnership", "person", "category"), name="one_preference_per_category"
            ),
        ),
        ProtectTenantTables(),
    ]
