from django.db import migrations

from partnerships.tenancy import acting_in


def forget_the_choice(apps, schema_editor):
    """What somebody has asked for by name can't be switched off any more, so that nothing is left to have chosen."""
    Preference = apps.get_model("notifications", "MessagePreference")
    for partnership in apps.get_model("partnerships", "Partnership").objects.values_list("pk", flat=True):
        with acting_in(partnership):
            Preference.objects.filter(partnership=partnership, category="new_dates").delete()


class Migration(migrations.Migration):
    dependencies = [("notifications", "0008_message_with_words")]

    operations = [migrations.RunPython(forget_the_choice, migrations.RunPython.noop)]
