from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("courses", "0003_protect")]

    operations = [
        migrations.AddField(
            model_name="session",
            name="cancelled_as_draft",
            field=models.BooleanField(default=False, editable=False),
        ),
    ]
