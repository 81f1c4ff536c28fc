from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0019_bulk_message")]

    operations = [
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(
                fields=["partnership", "session"],
                name="still_coming_unanswered",
                condition=models.Q(
                    ("coming_asked_at__isnull", False),
                    ("coming_confirmed_at__isnull", True),
                    ("state", "confirmed"),
                ),
            ),
        ),
    ]
