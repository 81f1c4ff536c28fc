from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0004_told")]

    operations = [
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(fields=["partnership", "state", "-booked_at"], name="booking_by_state"),
        ),
    ]
