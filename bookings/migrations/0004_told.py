from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0003_protect")]

    operations = [
        migrations.AddField(
            model_name="booking",
            name="told",
            field=models.JSONField(default=dict, help_text="The dates and the place that the person was last told."),
        ),
    ]
