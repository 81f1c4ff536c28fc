from django.db import migrations, models

import notifications.sendings


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_words_and_wishes")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="sending",
            field=models.CharField(
                default=notifications.sendings.new_sending,
                help_text="Tells this sending from others: a mail server that returns it names it.",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Waiting to be sent"),
                    ("sending", "Being sent"),
                    ("sent", "Sent"),
                    ("failed", "Could not be delivered"),
                    ("dropped", "No longer needed"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
    ]
