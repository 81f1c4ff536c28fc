import django.db.models.deletion
from django.db import migrations, models

from partnerships.tenancy import ProtectTenantTables


class Migration(migrations.Migration):
    dependencies = [("partnerships", "0005_charges"), ("courses", "0009_asks_pre_course")]

    operations = [
        migrations.CreateModel(
            name="CourseSector",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sector_links",
                        to="courses.course",
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
                (
                    "sector",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="course_links",
                        to="partnerships.sector",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("partnership", "course", "sector"), name="course_names_a_sector_once"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="course",
            name="sectors",
            field=models.ManyToManyField(
                related_name="courses",
                through="courses.CourseSector",
                through_fields=("course", "sector"),
                to="partnerships.sector",
            ),
        ),
        ProtectTenantTables(),
    ]
