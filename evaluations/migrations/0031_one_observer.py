from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):
    dependencies = [
        ("evaluations", "0030_reopenings"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "observation"), models.Q(("state", "closed"), _negated=True)),
                fields=("partnership", "session"),
                name="one_observer_a_session",
            ),
        ),
        ProtectTenantTables(),
    ]
