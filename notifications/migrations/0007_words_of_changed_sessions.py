import re

from django.db import migrations

from partnerships.tenancy import acting_in

_WHAT = re.compile(r"\(\(\s*what\s+has\s+changed\s*\)\)", re.IGNORECASE)
_WHAT_IF = re.compile(
    r"\(\(\s*what\s+has\s+changed\s*\?\?((?:(?!\(\(|\)\)).)*)\)\)", re.IGNORECASE | re.DOTALL
)
_MOVED = re.compile(r"\(\(\s*moved\s*\?\?((?:(?!\(\(|\)\)).)*)\)\)", re.IGNORECASE | re.DOTALL)
_PASSAGES = ("title", "opening", "middle", "closing")


def say_what_was_filled_in(apps, schema_editor):
    """Own words for "Session changed" are of moved sessions alone now, so that their placeholders became words."""
    Template = apps.get_model("notifications", "MessageTemplate")
    for partnership in apps.get_model("partnerships", "Partnership").objects.values_list("pk", flat=True):
        with acting_in(partnership):
            for one in Template.objects.filter(partnership=partnership, purpose="session_changed"):
                for passage in _PASSAGES:
                    said = _said(getattr(one, passage))
                    setattr(one, passage, said[:200] if passage == "title" else said)
                one.save(update_fields=_PASSAGES)


def _said(words):
    words = _MOVED.sub(lambda found: found[1], _WHAT_IF.sub(lambda found: found[1], words))
    return _WHAT.sub(
        lambda found: f"{'T' if found[0].lstrip('( ')[0].isupper() else 't'}he dates or the place have changed", words
    )


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_sendings"), ("partnerships", "0005_charges")]

    operations = [migrations.RunPython(say_what_was_filled_in, migrations.RunPython.noop)]
