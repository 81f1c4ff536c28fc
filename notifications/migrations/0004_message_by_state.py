from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_protect")]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["partnership", "state", "-created_at"], name="message_by_state"),
        ),
    ]
