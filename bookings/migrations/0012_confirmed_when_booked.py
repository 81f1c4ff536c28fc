from django.db import migrations
from django.db.models import F

from partnerships.tenancy import acting_in


def confirm_when_booked(apps, schema_editor):
    """Bookings from before offers existed were confirmed when they were made."""
    Booking = apps.get_model("bookings", "Booking")
    held = ["confirmed", "attended", "partly_attended", "did_not_attend"]
    for partnership in apps.get_model("partnerships", "Partnership").objects.values_list("pk", flat=True):
        with acting_in(partnership):
            Booking.objects.filter(state__in=held, confirmed_at=None).update(confirmed_at=F("booked_at"))


class Migration(migrations.Migration):
    dependencies = [("bookings", "0011_approvals_offers_quotas")]

    operations = [migrations.RunPython(confirm_when_booked, migrations.RunPython.noop)]
