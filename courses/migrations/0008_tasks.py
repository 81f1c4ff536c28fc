import django.db.models.deletion
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):
    dependencies = [("partnerships", "0005_charges"), ("courses", "0007_course_approval")]

    operations = [
        migrations.AddField(
            model_name="course",
            name="asks_prerequisite",
            field=models.BooleanField(
                default=True,
                help_text="Not for a course that is itself the first training.",
                verbose_name="asks for what the policy wants done first",
            ),
        ),
        migrations.CreateModel(
            name="CourseTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("read", "Read"), ("watch", "Watch"), ("reflect", "Reflect")], max_length=10
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("link", models.URLField(blank=True, max_length=500)),
                ("text", models.TextField(blank=True)),
                ("minutes", models.PositiveSmallIntegerField()),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tasks", to="courses.course"
                    ),
                ),
                (
                    "partnership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partnerships.partnership",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
                "indexes": [
                    models.Index(fields=["partnership", "course", "position"], name="task_by_course")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("link", ""), _negated=True)
                        | models.Q(("text", ""), _negated=True),
                        name="task_says_what_to_do",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("minutes__gte", 1)), name="task_takes_time"
                    ),
                ],
            },
        ),
        ProtectTenantTables(),
    ]
