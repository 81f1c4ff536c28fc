from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0014_trainers_know")]

    operations = [
        migrations.AddField(
            model_name="booking",
            name="change_told_at",
            field=models.DateTimeField(blank=True, help_text="When they were last told that the dates or the place have changed.", null=True),
        ),
    ]
