from decimal import Decimal

from django.db import migrations, models
from django.db.models import Q

from partnerships.tenancy import acting_in

# As long as a date usually is, where no session says more.
_A_DATE = Decimal(3)


def state_hours_and_level(apps, schema_editor):
    """Give published courses without hours those of their latest session, and say so where no group is named."""
    Course, Session = apps.get_model("courses", "Course"), apps.get_model("courses", "Session")
    for partnership in apps.get_model("partnerships", "Partnership").objects.values_list("pk", flat=True):
        with acting_in(partnership):
            published = Course.objects.filter(partnership=partnership, status="published")
            for course in published.filter(hours=0).defer("search"):
                session = Session.objects.filter(course=course).order_by("-starts_at").first()
                dates = session.dates.values_list("starts_at", "ends_at") if session else []
                minutes = sum(int((end - start).total_seconds()) // 60 for start, end in dates)
                course.hours = min(Decimal(minutes) / 60, Decimal(100)) or _A_DATE * course.days
                course.save(update_fields=["hours"])
            published.filter(group_links__isnull=True).update(counts_for_no_level=True)


class Migration(migrations.Migration):
    dependencies = [("courses", "0012_exempt")]

    operations = [
        migrations.AddField(
            model_name="course",
            name="counts_for_no_level",
            field=models.BooleanField(
                default=False,
                help_text="Where no group is named on purpose, such as for a trainers’ event.",
                verbose_name="counts for no level or group",
            ),
        ),
        migrations.RunPython(state_hours_and_level, migrations.RunPython.noop),
        # The rows that were changed have checks waiting that the rule's table must not have.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="course", name="published_course_is_whole"),
        migrations.AddConstraint(
            model_name="course",
            constraint=models.CheckConstraint(
                condition=~Q(status="published")
                | (
                    ~Q(audience="")
                    & ~Q(summary="")
                    & ~Q(objectives="")
                    & ~Q(duration="")
                    & ~Q(trained_by="")
                    & Q(hours__gt=0)
                ),
                name="published_course_is_whole",
            ),
        ),
    ]
