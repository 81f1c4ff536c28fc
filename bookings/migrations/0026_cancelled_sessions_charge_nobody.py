from django.db import migrations, models
from django.db.models import OuterRef, Subquery

from partnerships.tenancy import acting_in


def keep_what_was_charged(apps, schema_editor):
    """What was charged about a session that is cancelled by now was worked out, and finance may have closed its books.

    From here on a session that is cancelled takes its charges back.
    """
    PriceBasis = apps.get_model("bookings", "PriceBasis")
    sessions = apps.get_model("courses", "Session").objects.filter(pk=OuterRef("session_id"))
    for partnership in apps.get_model("partnerships", "Partnership").objects.values_list("pk", flat=True):
        with acting_in(partnership):
            PriceBasis.objects.update(status=Subquery(sessions.values("status")))


class Migration(migrations.Migration):
    dependencies = [("bookings", "0025_held_evidence"), ("partnerships", "0005_charges")]

    operations = [
        migrations.AddField(
            model_name="pricebasis",
            name="status",
            field=models.CharField(
                choices=[("draft", "Draft"), ("published", "Open for booking"), ("cancelled", "Cancelled")],
                default="published",
                help_text="A session that was cancelled charges nobody.",
                max_length=10,
            ),
        ),
        migrations.RunPython(keep_what_was_charged, migrations.RunPython.noop),
    ]
