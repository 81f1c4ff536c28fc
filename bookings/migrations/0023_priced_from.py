from django.db import migrations
from django.db.models import Exists, OuterRef, Q

from partnerships.tenancy import acting_in


def take_as_worked_out(apps, schema_editor):
    """What was charged before was worked out from the session as it is: nobody is charged anew for it."""
    Basis = apps.get_model("bookings", "PriceBasis")
    Session = apps.get_model("courses", "Session")
    Charge = apps.get_model("bookings", "Charge")
    Booking = apps.get_model("bookings", "Booking")
    for partnership in apps.get_model("partnerships", "Partnership").objects.values_list("pk", flat=True):
        with acting_in(partnership):
            of = Charge.objects.filter(partnership=partnership)
            own = set(of.filter(booking__isnull=True).values_list("session", flat=True))
            booked = Exists(Booking.objects.filter(session=OuterRef("pk")).exclude(charged_as=""))
            charged = Session.objects.filter(booked | Q(pk__in=own), partnership=partnership)
            Basis.objects.bulk_create(
                (
                    Basis(
                        partnership_id=partnership,
                        session_id=one.pk,
                        cost_pence=one.cost_pence,
                        single_agency_for_id=one.single_agency_for_id,
                        opened_to_others=one.opened_to_others,
                        is_whole=one.single_agency_for_id is None or one.opened_to_others or one.pk in own,
                    )
                    for one in charged.iterator(chunk_size=500)
                ),
                batch_size=500,
            )


class Migration(migrations.Migration):
    dependencies = [("bookings", "0022_price_basis")]

    operations = [migrations.RunPython(take_as_worked_out, migrations.RunPython.noop)]
