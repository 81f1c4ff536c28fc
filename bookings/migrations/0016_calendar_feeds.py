import django.db.models.deletion
from django.db import migrations, models

import bookings.models.feed
from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):
    dependencies = [("partnerships", "0005_charges"), ("bookings", "0015_change_told")]

    operations = [
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "covers",
                    models.CharField(
                        choices=[
                            ("places", "Sessions that you have booked"),
                            ("training", "Sessions that you train"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "secret",
                    models.CharField(default=bookings.models.feed.new_secret, max_length=64, unique=True),
                ),
                (
                    "partnership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partnerships.partnership",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_feeds",
                        to="partnerships.person",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="calendarfeed",
            constraint=models.UniqueConstraint(
                fields=("partnership", "person", "covers"), name="one_feed_of_each_kind"
            ),
        ),
        ProtectTenantTables(),
    ]
