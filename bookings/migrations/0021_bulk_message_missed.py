from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0020_still_coming_unanswered")]

    operations = [
        migrations.AddField(
            model_name="bulkmessage",
            name="missed",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="The keys of those who got none, each with why (``Missed``).",
            ),
        ),
        migrations.AlterField(
            model_name="bulkmessage",
            name="done",
            field=models.PositiveIntegerField(
                default=0, help_text="How many of the people were written to, or could not be."
            ),
        ),
    ]
