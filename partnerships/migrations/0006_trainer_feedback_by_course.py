import hashlib
import json

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from partnerships.tenancy import acting_in


def name_the_courses(apps, schema_editor):
    """Say of which courses trainers give feedback, where versions said yes or no: all of them, or none."""
    _rewrite(apps, lambda value: "all_courses" if value else "none")


def say_yes_or_no(apps, schema_editor):
    """Say yes or no again."""
    _rewrite(apps, lambda value: value != "none")


def _rewrite(apps, say):
    Version = apps.get_model("partnerships", "PolicyVersion")
    for partnership in apps.get_model("partnerships", "Partnership").objects.values_list("pk", flat=True):
        with acting_in(partnership):
            for version in Version.objects.filter(partnership=partnership):
                clause = version.document["trainers"]["feedback_after_session"]
                clause["value"] = say(clause["value"])
                written = json.dumps(version.document, sort_keys=True)
                version.fingerprint = hashlib.sha256(written.encode()).hexdigest()
                version.save(update_fields=["document", "fingerprint"])


class Migration(migrations.Migration):

    dependencies = [("partnerships", "0005_charges")]

    operations = [
        pgtrigger.migrations.RemoveTrigger(model_name="policyversion", name="append_only"),
        migrations.RunPython(name_the_courses, say_yes_or_no),
        pgtrigger.migrations.AddTrigger(
            model_name='policyversion',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='2fe8178c9ece7b79f980b7c33b5b152f9a800284', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_1a436', table='partnerships_policyversion', when='BEFORE')),
        ),
    ]
