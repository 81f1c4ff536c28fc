import django.db.models.deletion
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0008_tasks"),
        ("partnerships", "0005_charges"),
        ("bookings", "0017_prerequisites_and_tasks"),
    ]

    operations = [
        migrations.CreateModel(
            name="GroupBooking",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.UUIDField(
                        help_text="Names the form that was sent, so that sending it again books nobody."
                    ),
                ),
                ("booked_at", models.DateTimeField()),
                (
                    "left_out",
                    models.JSONField(
                        default=list,
                        help_text="Who was on the list and was not booked: name, and why; for whoever booked.",
                    ),
                ),
                (
                    "booked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partnerships.person",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="group_bookings",
                        to="partnerships.organisation",
                    ),
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
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="group_bookings",
                        to="courses.session",
                    ),
                ),
            ],
            options={
                "ordering": ["-booked_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("partnership", "key"), name="group_booked_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="booking",
            name="group",
            field=models.ForeignKey(
                blank=True,
                help_text="With whom it was booked, if a lead or the team booked several people at once.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bookings",
                to="bookings.groupbooking",
            ),
        ),
        ProtectTenantTables(),
    ]
