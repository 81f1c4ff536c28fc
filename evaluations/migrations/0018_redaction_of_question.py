import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models
from django.db.models import OuterRef, Subquery

from partnerships.tenancy import ProtectTenantTables, acting_in


def name_response_and_question(apps, schema_editor):
    Redaction = apps.get_model("evaluations", "Redaction")
    answers = apps.get_model("evaluations", "Answer").objects.filter(pk=OuterRef("answer_id"))
    for partnership in apps.get_model("partnerships", "Partnership").objects.values_list("pk", flat=True):
        with acting_in(partnership):
            Redaction.objects.update(
                invitation_id=Subquery(answers.values("invitation_id")),
                question_id=Subquery(answers.values("question_id")),
            )


class Migration(migrations.Migration):
    # An answer of which words were taken out may go: a draft goes on to somebody else, or is no longer asked for.

    dependencies = [("evaluations", "0017_bundles"), ("partnerships", "0005_charges")]

    operations = [
        migrations.AddField(
            model_name="redaction",
            name="invitation",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="redactions",
                to="evaluations.invitation",
            ),
        ),
        migrations.AddField(
            model_name="redaction",
            name="question",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="evaluations.question",
            ),
        ),
        pgtrigger.migrations.RemoveTrigger(model_name="redaction", name="append_only"),
        # Not to be taken back: an answer may be gone by then.
        migrations.RunPython(name_response_and_question),
        migrations.AlterField(
            model_name="redaction",
            name="invitation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="redactions",
                to="evaluations.invitation",
            ),
        ),
        migrations.AlterField(
            model_name="redaction",
            name="question",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="evaluations.question",
            ),
        ),
        migrations.RemoveField(model_name="redaction", name="answer"),
        pgtrigger.migrations.AddTrigger(
            model_name='redaction',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='abafc4d0af248b1244bd360a0710b3517afdca89', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_eb267', table='evaluations_redaction', when='BEFORE')),
        ),
        ProtectTenantTables(),
    ]
