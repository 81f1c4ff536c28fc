from django.db import migrations
from django.db.models import F, Q

from partnerships.tenancy import acting_in


def settle_the_past(apps, schema_editor):
    """Nobody is sent a charge for what was settled before the portal charged anything."""
    Booking = apps.get_model("bookings", "Booking")
    settled = Q(state__in=("attended", "partly_attended", "did_not_attend")) | Q(was_late_cancellation=True)
    for partnership in apps.get_model("partnerships", "Partnership").objects.values_list("pk", flat=True):
        with acting_in(partnership):
            Booking.objects.filter(settled, partnership=partnership).update(charged_as=F("state"))


class Migration(migrations.Migration):
    dependencies = [("bookings", "0008_charges")]

    operations = [migrations.RunPython(settle_the_past, migrations.RunPython.noop)]
