from django.db import migrations

from partnerships.tenancy import acting_in


def take_as_told(apps, schema_editor):
    """Whoever trains a session already has heard of it: nobody is written to about what is long settled."""
    Notice = apps.get_model("bookings", "TrainerNotice")
    Link = apps.get_model("courses", "SessionTrainer")
    for partnership in apps.get_model("partnerships", "Partnership").objects.values_list("pk", flat=True):
        with acting_in(partnership):
            links = Link.objects.filter(partnership=partnership, session__status__in=("published", "cancelled"))
            Notice.objects.bulk_create(
                (
                    Notice(partnership_id=partnership, session_id=session, person_id=person, told={"known": True})
                    for session, person in links.values_list("session", "person")
                ),
                batch_size=500,
            )


class Migration(migrations.Migration):
    dependencies = [("bookings", "0013_trainer_notice")]

    operations = [migrations.RunPython(take_as_told, migrations.RunPython.noop)]
