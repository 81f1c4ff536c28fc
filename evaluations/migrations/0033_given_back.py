from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):
    dependencies = [
        ("evaluations", "0032_issuer_as_it_was"),
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
                ],
                help_text="Why it was closed before its time.",
                max_length=12,
            ),
        ),
        ProtectTenantTables(),
    ]
