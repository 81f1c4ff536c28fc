from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("courses", "0010_course_sectors")]

    operations = [
        migrations.AlterModelOptions(name="requirementoption", options={"ordering": ["course__title", "pk"]}),
        migrations.RemoveField(model_name="requirement", name="courses"),
        migrations.AddField(
            model_name="requirementoption",
            name="only_renews",
            field=models.BooleanField(default=False),
        ),
    ]
