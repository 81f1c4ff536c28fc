from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evaluations", "0034_single_agency_audits"),
    ]

    operations = [
        migrations.AlterField(
            model_name="invitation",
            name="closed_because",
            field=models.CharField(
                blank=True,
                choices=[
                    ("no_place", "Lost the place before the course"),
                    ("left", "Has left the organisation"),
                    ("not_manager", "Is not the line manager"),
                    ("given_back", "The observation was given back"),
                    ("no_manager", "No line manager with an email address is recorded any more"),
                ],
                help_text="Why it was closed before its time.",
                max_length=12,
            ),
        ),
    ]
