from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("partnerships", "0003_profile_load")]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["partnership", "action", "-at"], name="audit_by_action"),
        ),
    ]
