from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0005_booking_by_state")]

    operations = [
        migrations.AddField(
            model_name="booking",
            name="declared",
            field=models.CharField(blank=True, help_text="What whoever booked confirmed when booking.", max_length=300),
        ),
    ]
