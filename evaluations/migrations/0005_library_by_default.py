from django.db import migrations

from partnerships.tenancy import acting_in


def ask_what_was_asked(apps, schema_editor):
    """All that there was came from the library, and the newest of each kind was asked."""
    Version = apps.get_model("evaluations", "QuestionnaireVersion")
    Questionnaire = apps.get_model("evaluations", "Questionnaire")
    for partnership in apps.get_model("partnerships", "Partnership").objects.values_list("pk", flat=True):
        with acting_in(partnership):
            Version.objects.update(from_library=True)
            kinds = set()
            for version in Version.objects.select_related("questionnaire").order_by("-published_at", "-number"):
                if version.questionnaire.kind not in kinds:
                    kinds.add(version.questionnaire.kind)
                    Questionnaire.objects.filter(pk=version.questionnaire_id).update(is_default=True)


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0004_drafts_and_choices")]

    operations = [migrations.RunPython(ask_what_was_asked, migrations.RunPython.noop)]
